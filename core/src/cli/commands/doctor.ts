import type { Command } from 'commander';
import { doctorDeps } from '../../app/index.ts';
import { diagnose, exitCodeOf } from '../../recovery/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';

const SHOWN = { ok: 'ok', warning: 'WARNING', failing: 'WRONG', skipped: 'skipped' } as const;

/** `podlift doctor`: looks at the whole installation and says what is wrong and what to do. */
export function addDoctorCommand(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('look at the whole installation: what is wrong, why, and what to do; fails when something is')
    .action((_, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const findings = await diagnose(doctorDeps(rooms));
          output.table({
            columns: ['', 'what', 'finding'],
            rows: findings.map(({ state, check, message }) => [SHOWN[state], check, message]),
          });
          for (const { fix, check, state } of findings) if (fix && state !== 'ok') output.line(`${check}: ${fix}`);
          output.result(findings);
          process.exitCode = exitCodeOf(findings);
        },
        { plugins: true },
      ),
    );
}
