import type { ChainRow } from '../chain/canonical.ts';

const COLUMNS = {
  seq: ({ seq }) => String(seq),
  time: ({ micros }) => new Date(Number(micros) / 1000).toISOString(),
  actor_kind: (row) => row.actorKind,
  actor_id: (row) => row.actorId,
  action: (row) => row.action,
  target: (row) => row.target,
  via: (row) => row.via,
  ip: (row) => row.ip,
  request_id: (row) => row.requestId,
  tenant: (row) => row.tenant,
  details: (row) => row.details,
  redacted: ({ redacted }) => (redacted ? 'yes' : ''),
  id: (row) => row.id,
  digest: (row) => row.digest,
  salt: (row) => row.salt,
  hash: (row) => row.hash,
} as const satisfies Record<string, (row: ChainRow) => string | null>;

/** A table for people, as RFC 4180 has it. Text that a spreadsheet would run as a formula is kept from it. */
export async function* toCsv(rows: AsyncIterable<ChainRow>): AsyncGenerator<string> {
  yield `${Object.keys(COLUMNS).join(',')}\r\n`;
  for await (const row of rows)
    yield `${Object.values(COLUMNS)
      .map((column) => cell(column(row) ?? ''))
      .join(',')}\r\n`;
}

function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
