import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { z } from 'zod';

const Note = z.object({
  id: z.uuid().default(() => uuidv7()),
  backup: z.string(),
  state: z.string(),
  at: z.iso.datetime(),
});
/** What a restore left for the first start after it. */
export type RestoreNote = z.output<typeof Note>;

const NOTE = 'restored.json';
export const notePath = (dataDir: string): string => join(dataDir, NOTE);

/** Runs what a restore asks for, once, at the first start after it. When it throws, the next start tries again. */
export async function afterRestore(dataDir: string, work: (note: RestoreNote) => Promise<void>): Promise<void> {
  const file = notePath(dataDir);
  if (!existsSync(file)) return;
  await work(Note.parse(JSON.parse(readFileSync(file, 'utf8'))));
  rmSync(file, { force: true });
}
