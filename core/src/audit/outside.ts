import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { z } from 'zod';
import type { Audit } from './audit.ts';
import type { AuditEntry } from './entry.ts';

const FOLDER = 'acts';
const Noted = z.object({
  id: z.uuid(),
  time: z.coerce.date(),
  via: z.enum(['rest', 'cli', 'page', 'system']),
  actor: z.object({ kind: z.string(), id: z.string() }),
  action: z.string(),
  target: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Keeps an act that happens while no database is open, a restore for example: in a file of the data directory, until an installation that
 * runs on it takes it into its trail.
 */
export async function noteAct(
  dataDir: string,
  entry: Omit<AuditEntry, 'tenant' | 'operator' | 'id' | 'time' | 'via'>,
): Promise<void> {
  const folder = join(dataDir, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const id = uuidv7();
  const name = join(folder, `${id}.json`);
  const draft = `${name}.${randomUUID()}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify({ ...entry, id, time: new Date(), via: 'cli' }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, name);
}

/** Takes what was noted into the trail, each act once however often this runs. Returns how many there were. */
export async function takeNotedActs(dataDir: string, audit: Pick<Audit, 'record'>): Promise<number> {
  const folder = join(dataDir, FOLDER);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).toSorted();
  for (const name of names) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    // Another node on the same directory was faster.
    if (text === undefined) continue;
    const { details, ...noted } = Noted.parse(JSON.parse(text));
    await audit.record(null, { ...noted, ...(details && { details }) });
    await rm(path, { force: true });
  }
  return names.length;
}
