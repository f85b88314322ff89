import { access, constants, statfs } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly message: string;
}

const LOW_BYTES = 1 << 30;

/** `podlift doctor`: looks at the whole installation and says what is wrong and what to do. */
export function addDoctorCommand(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('look at the whole installation and say what is wrong')
    .action((_, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const findings = [
            {
              what: 'node',
              ok: Number(process.versions.node.split('.')[0]) >= 26,
              message: `Node ${process.versions.node}; 26 is needed`,
            },
            await checkDisk(rooms.config),
            ...(await checkHealth(rooms)),
            ...rooms.plugins
              .doctor()
              .map(({ level, plugin, message }) => ({ what: plugin, ok: level !== 'error', message })),
          ];
          output.table({
            columns: ['', 'what', 'finding'],
            rows: findings.map(({ ok, what, message }) => [ok ? 'ok' : 'WRONG', what, message]),
          });
          output.result(findings);
          if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
        },
        { plugins: true },
      ),
    );
}

async function checkHealth({
  health,
}: {
  health: { report(): Promise<{ checks: Readonly<Record<string, { status: string; reason?: string; ms: number }>> }> };
}): Promise<Finding[]> {
  const { checks } = await health.report();
  return Object.entries(checks).map(([what, { status, reason, ms }]) => ({
    what,
    ok: status === 'ok',
    message: reason ?? `answered in ${ms.toFixed(1)} ms`,
  }));
}

async function checkDisk({ dataDir }: Config): Promise<Finding> {
  try {
    await access(dataDir, constants.W_OK);
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    return {
      what: 'disk',
      ok: free > LOW_BYTES,
      message: `${(free / 2 ** 30).toFixed(1)} GiB free in the data directory`,
    };
  } catch (error) {
    return {
      what: 'disk',
      ok: false,
      message: `the data directory ${dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
