import type { Identifier } from '@podlift/sdk';
import { nameOf } from '../catalog/tables.ts';
import type { Found } from './export.ts';
import type { Party } from './places.ts';

interface About {
  readonly request: string;
  readonly madeAt: string;
  readonly identifiers: readonly Identifier[];
  readonly found: readonly Found[];
  readonly files: number;
}

/** Names that a person knows of themselves; the others are hashes. */
const MOST_NAMES = 50;

/** What is kept about a person, in sentences and tables that they can read. */
export function summarize({ request, madeAt, identifiers, found, files }: About, parties: readonly Party[]): string {
  const rows = found.reduce((sum, one) => sum + one.rows, 0);
  const shown = identifiers.slice(0, MOST_NAMES);
  return [
    '# What is kept about you',
    '',
    `Made at ${madeAt}; request ${request}.`,
    '',
    rows === 0 && files === 0
      ? 'Nothing was found under the names that you gave.'
      : `${rows} records in ${found.length} places, and ${files} files. The records are in the folder data, one JSON object a line; files are in the folder files.`,
    '',
    '## Names by which you were found',
    '',
    ...shown.map(({ kind, value }) => `- ${kind}: ${value}`),
    ...(identifiers.length > shown.length ? [`- and ${identifiers.length - shown.length} more, in request.json`] : []),
    ...found.flatMap((one) => section(one, parties)),
    '',
  ].join('\n');
}

function section({ table, party, rows, purposes }: Found, parties: readonly Party[]): string[] {
  const own = parties.find((one) => nameOf(one.table) === table && one.party === party);
  const lines = own?.places.map(
    ({ name, category, subject, purpose, retentionDays, erasure }) =>
      `| ${name} | ${category} (${subject}) | ${purpose || '–'} | ${retentionDays === undefined ? 'as long as the workspace' : `${retentionDays} days`} | ${WORDS[erasure]} |`,
  );
  return [
    '',
    `## ${table}${party === undefined ? '' : ` (as ${party})`}: ${rows} ${rows === 1 ? 'record' : 'records'}`,
    '',
    ...(purposes.length > 0 ? [`Kept ${purposes.map((one) => `for: ${one}`).join('; ')}.`, ''] : []),
    '| Field | What it is | Why it is kept | For how long | When you ask to be forgotten |',
    '| --- | --- | --- | --- | --- |',
    ...(lines ?? []),
  ];
}

const WORDS = { delete: 'deleted', clear: 'cleared', keep: 'stays' } as const;
