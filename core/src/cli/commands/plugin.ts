import type { Command } from 'commander';
import { translate } from '@podlift/sdk';
import type { PluginSummary } from '../../plugins/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';

const RUNNING = { plugins: true } as const;
const ACTOR = { kind: 'system', id: 'cli' } as const;

/** `podlift plugin …`: what is installed, how it hangs together, and what is wrong. */
export function addPluginCommands(program: Command, cli: Cli): void {
  const plugin = program.command('plugin').description('look at the installed plugins, and switch them on and off');

  plugin
    .command('list')
    .description('list the plugins and their states')
    .action((_, command: Command) =>
      useRooms(
        cli,
        command,
        async ({ plugins }, output) => {
          const all = plugins.list();
          showPlugins(output, all);
          output.result(all);
        },
        RUNNING,
      ),
    );

  plugin
    .command('show <id>')
    .description('show everything about a plugin: what it may do, needs, gives and answers')
    .action((id: string, _, command: Command) =>
      useRooms(
        cli,
        command,
        async ({ plugins }, output) => {
          const found = plugins.show(id);
          const rows = Object.entries(found)
            .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
            .map(([name, value]) => [name, inWords(value)]);
          output.table({ columns: ['what', 'value'], rows });
          output.result(found);
        },
        RUNNING,
      ),
    );

  plugin
    .command('graph')
    .description('show who gives what to whom')
    .option('--dot', 'print it for Graphviz')
    .action((options: { dot?: boolean }, command: Command) =>
      useRooms(
        cli,
        command,
        async ({ plugins }, output) => {
          const { edges } = plugins.graph();
          if (options.dot) {
            const lines = edges.map(
              ({ from, to, kind, contract }) => `  "${from}" -> "${to}" [label="${kind} ${contract}"]`,
            );
            output.line(['digraph podlift {', ...lines, '}'].join('\n'));
          } else
            output.table({
              columns: ['plugin', 'what', 'contract', 'of'],
              rows: edges.map(({ from, to, kind, contract }) => [from, kind, contract, to]),
            });
          output.result(edges);
        },
        RUNNING,
      ),
    );

  plugin
    .command('doctor')
    .description('say what does not work, and what was probably not meant; fails when something does not work')
    .action((_, command: Command) =>
      useRooms(
        cli,
        command,
        async ({ plugins }, output) => {
          const findings = plugins.doctor();
          for (const { level, plugin: id, message } of findings) output.line(`${level}: ${id} ${message}`);
          if (findings.length === 0) output.line('All plugins are well.');
          output.result(findings);
          if (findings.some(({ level }) => level === 'error')) process.exitCode = 1;
        },
        RUNNING,
      ),
    );

  const act = (name: 'retry' | 'on' | 'off', description: string): void => {
    plugin
      .command(`${name} <id>`)
      .description(description)
      .action((id: string, _, command: Command) =>
        useRooms(
          cli,
          command,
          async ({ plugins }, output) => {
            const acts = { retry: plugins.retry, on: plugins.switchOn, off: plugins.switchOff };
            const after = await acts[name](id, ACTOR);
            showPlugins(output, [after]);
            output.result(after);
            if (name !== 'off' && after.state === 'degraded') process.exitCode = 1;
          },
          RUNNING,
        ),
      );
  };
  act('retry', 'load a degraded plugin anew, with those that need it');
  act('on', 'switch a plugin on for the whole installation');
  act('off', 'switch a plugin off for the whole installation');
}

function showPlugins(output: Output, plugins: readonly PluginSummary[]): void {
  if (plugins.length === 0)
    return output.line('No plugin is installed. Put one into the plugins folder; see `podlift config`.');
  output.table({
    columns: ['id', 'version', 'title', 'state', 'reason'],
    rows: plugins.map(({ id, version, title, state, reason }) => [id, version, translate(title), state, reason ?? '']),
  });
}

const inWords = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value);
