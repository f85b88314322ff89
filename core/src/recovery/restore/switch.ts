import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../../files/index.ts';
import { writeDurably } from '../store/durable.ts';

const Journal = z.object({ moves: z.array(z.object({ from: z.string(), to: z.string() })) });
type Move = z.output<typeof Journal>['moves'][number];

/** Written when everything new stands ready; from then on the restore is completed, never undone. */
const JOURNAL = 'restore-journal.json';
const journalOf = (dataDir: string): string => join(dataDir, JOURNAL);

/** Moves folders into place so that a crash between any two renames is repaired by whoever comes next. */
export async function switchFolders(
  dataDir: string,
  moves: readonly Move[],
  step: (name: string) => void | Promise<void>,
): Promise<void> {
  await writeDurably(journalOf(dataDir), JSON.stringify({ moves }));
  await syncFolder(dataDir);
  await step('journal written');
  for (const move of moves) {
    make(move);
    await step(`moved ${move.to}`);
  }
  await finish(dataDir, moves);
}

/** Completes a switch that a crash interrupted; true when there was one. Cheap when there was none. */
export async function completeSwitch(dataDir: string): Promise<boolean> {
  const file = journalOf(dataDir);
  if (!existsSync(file)) return false;
  const { moves } = Journal.parse(JSON.parse(readFileSync(file, 'utf8')));
  moves.forEach(make);
  await finish(dataDir, moves);
  return true;
}

/** Done already when what is to be moved is not there any more. */
function make({ from, to }: Move): void {
  if (existsSync(from) && !existsSync(to)) renameSync(from, to);
}

async function finish(dataDir: string, moves: readonly Move[]): Promise<void> {
  for (const folder of new Set(moves.flatMap(({ from, to }) => [dirname(from), dirname(to)]))) await syncFolder(folder);
  rmSync(journalOf(dataDir), { force: true });
  await syncFolder(dataDir);
}
