import type { CommandOutput } from '../plugins/index.ts';
import type { Rooms } from './rooms.ts';

/** Where the words of a command go. */
export interface CommandScreen {
  line(text?: string): void;
  table(table: { title?: string; columns: readonly string[]; rows: readonly (readonly (string | number)[])[] }): void;
  progress(label: string, done: number, total: number): void;
}

/** Shows what a plugin's command says. */
export const showOn =
  (screen: CommandScreen) =>
  (message: CommandOutput): void => {
    if (message.kind === 'line') screen.line(message.text);
    else if (message.kind === 'table') screen.table(message.table);
    else screen.progress(message.label, message.done, message.total);
  };

/** Runs what plugins want to run at the first start of an installation, each with its default options. */
export async function runFirstStart({ plugins }: Pick<Rooms, 'plugins'>, screen: CommandScreen): Promise<void> {
  for (const { name, onFirstStart } of plugins.commands())
    if (onFirstStart) await plugins.runCommand({ name, options: {}, io: showOn(screen) });
}
