import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What the host reads of a plugin's package.json. */
const PackageJson = z
  .object({
    name: z.string(),
    podlift: z.object({ plugin: z.string() }),
    exports: z.unknown(),
    main: z.string().optional(),
  })
  .loose();
export type PackageJson = z.output<typeof PackageJson>;

/** Parses package.json; one that does not speak of Podlift is not a plugin. */
export function parsePackage(text: string): PackageJson | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return PackageJson.safeParse(json).data;
}

/** Sources run without a build: then so do the plugins beside them. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const CONDITIONS = FROM_SOURCE ? ['@podlift/source', 'node', 'import', 'default'] : ['node', 'import', 'default'];

/** The file that a package's main entry stands for, or undefined when none of the candidates is there. */
export function entryFile(folder: string, { exports, main }: PackageJson): string | undefined {
  const root = isRecord(exports) && '.' in exports ? exports['.'] : exports;
  const candidates = [...targets(root), main ?? 'index.js'];
  return candidates.map((one) => join(folder, one)).find((file) => existsSync(file));
}

/** The targets of an exports entry, by the order of our conditions: a build that is missing falls back to the source. */
function targets(entry: unknown): string[] {
  if (typeof entry === 'string') return [entry];
  if (!isRecord(entry)) return [];
  return CONDITIONS.flatMap((condition) => targets(entry[condition]));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
