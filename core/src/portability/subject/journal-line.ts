import { createHmac } from 'node:crypto';
import { z } from 'zod';

const Line = z.object({
  request: z.uuid(),
  at: z.iso.datetime(),
  /** Tells which key the hashes were made with. */
  key: z.string(),
  /** That key, sealed with the master key. */
  sealed: z.string().optional(),
  /** The account with which the person signed in went too. */
  account: z.boolean().optional(),
  erased: z.array(z.tuple([z.string(), z.string()])),
});
type JournalLine = z.output<typeof Line>;

/** One erasure in the list that is kept outside of the database. Without the master key it recognises nobody. */
export const toLine = ({
  request,
  at,
  key,
  sealed,
  account,
  erased,
}: {
  readonly request: string;
  readonly at: Date;
  readonly key: string;
  readonly sealed: string | undefined;
  readonly account: boolean;
  readonly erased: readonly (readonly [string, string])[];
}): string =>
  JSON.stringify({
    request,
    at: at.toISOString(),
    key: fingerprint(key),
    ...(sealed !== undefined && { sealed }),
    ...(account && { account }),
    erased,
  });

/** The last line of a disk that was full may be half: what cannot be read is left out. */
export const readLines = (texts: readonly string[]): JournalLine[] =>
  texts.flatMap((text) => Line.safeParse(parseJson(text)).data ?? []);

/** The keys of these lines by their fingerprint, as far as the master keys of now open them. */
export async function openKeys(
  lines: readonly JournalLine[],
  open: (sealed: string) => Promise<string> | undefined,
): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  // The newest first: it is sealed with the newest master key.
  for (const { key: name, sealed } of lines.toReversed()) {
    if (sealed === undefined || keys.has(name)) continue;
    try {
      const key = await open(sealed);
      if (key !== undefined && fingerprint(key) === name) keys.set(name, key);
    } catch {
      // Another line may have it, or the database.
    }
  }
  return keys;
}

/** Tells keys apart. */
export const fingerprint = (key: string): string =>
  createHmac('sha256', key).update('podlift/erasures').digest('hex').slice(0, 16);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
