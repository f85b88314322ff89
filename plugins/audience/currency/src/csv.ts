/** @module Reads a file of rates: one row per day, base and currency. Every wrong field of a row is told. */
import { tryDay } from './day.ts';
import { tryRate } from './decimal.ts';
import { CurrencyErrors } from './errors.ts';
import { isCurrency } from './iso4217.ts';

/** The largest file of rates. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** The most rows of a file. */
const MAX_ROWS = 300_000;
/** Wrong fields that are told one by one. */
const MAX_PROBLEMS = 100;
const COLUMNS = ['date', 'base', 'currency', 'rate'] as const;
type ColumnName = (typeof COLUMNS)[number];

/** A wrong field. `row` is the line of the file, the first one has the names. */
export interface RowProblem {
  readonly row: number;
  readonly field: ColumnName | 'row';
  readonly value: string;
  readonly message: string;
}
/** One unit of `base` is `rate` of `currency`. */
export interface OwnRate {
  readonly day: number;
  readonly base: string;
  readonly currency: string;
  readonly rate: string;
}
export interface RateFile {
  readonly rows: number;
  readonly rates: readonly OwnRate[];
  /** At most a hundred; `failed` counts all rows that have any. */
  readonly problems: readonly RowProblem[];
  readonly failed: number;
}

/** Reads the whole file. Throws when it is not a table with these columns at all. */
export function parseRateFile(text: string): RateFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const head = lines[0] ?? '';
  const delimiter = [';', '\t', ','].find((one) => head.includes(one)) ?? ',';
  const names = split(head, delimiter)?.map((name) => name.trim().toLowerCase()) ?? [];
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw CurrencyErrors.notCsv(
      `its first line has no column ${missing.join(', ')}; it begins with date,base,currency,rate`,
    );
  const twice = COLUMNS.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice) throw CurrencyErrors.notCsv(`its first line names ${twice} twice`);
  const places = Object.fromEntries(COLUMNS.map((name) => [name, names.indexOf(name)])) as Record<ColumnName, number>;

  const rates: OwnRate[] = [];
  const problems: RowProblem[] = [];
  const seen = new Map<string, number>();
  let rows = 0;
  let failed = 0;
  lines.slice(1).forEach((line, at) => {
    if (line.trim() === '') return;
    if (++rows > MAX_ROWS) throw CurrencyErrors.notCsv(`it has more than ${MAX_ROWS} rows`);
    const row = at + 2;
    const read = readRow(line, delimiter, places, names.length);
    const wrong = Array.isArray(read) ? read : duplicateOf(read, seen, row);
    if (wrong.length === 0 && !Array.isArray(read)) {
      rates.push(read);
      return;
    }
    failed++;
    for (const problem of wrong) if (problems.length < MAX_PROBLEMS) problems.push({ row, ...problem });
  });
  return { rows, rates, problems, failed };
}

type Wrong = Omit<RowProblem, 'row'>;

function readRow(
  line: string,
  delimiter: string,
  places: Readonly<Record<ColumnName, number>>,
  width: number,
): OwnRate | Wrong[] {
  const fields = split(line, delimiter);
  if (!fields) return [{ field: 'row', value: line.slice(0, 60), message: 'A quote is not closed.' }];
  if (fields.length !== width)
    return [
      { field: 'row', value: line.slice(0, 60), message: `Has ${fields.length} fields, the first line ${width}.` },
    ];
  const valueOf = (name: ColumnName): string => (fields[places[name]] ?? '').trim();
  const [date, base, currency] = [valueOf('date'), valueOf('base').toUpperCase(), valueOf('currency').toUpperCase()];
  // A decimal comma is clear where commas do not part the fields.
  const written = valueOf('rate');
  const rate = delimiter === ',' ? written : written.replace(',', '.');
  const day = tryDay(date);
  const wrong: Wrong[] = [];
  const refuse = (field: ColumnName, message: string): void =>
    void wrong.push({ field, value: valueOf(field).slice(0, 60), message });
  if (day === undefined) refuse('date', 'Is not a calendar day like 2026-02-28.');
  if (!isCurrency(base)) refuse('base', 'Is not a currency of ISO 4217.');
  if (!isCurrency(currency)) refuse('currency', 'Is not a currency of ISO 4217.');
  else if (currency === base) refuse('currency', 'Is the base itself.');
  if (!tryRate(rate)) refuse('rate', 'Is not a decimal above zero with at most 12 digits before and behind the point.');
  return wrong.length > 0 || day === undefined ? wrong : { day, base, currency, rate };
}

function duplicateOf({ day, base, currency, rate }: OwnRate, seen: Map<string, number>, row: number): Wrong[] {
  const key = `${day} ${base} ${currency}`;
  const before = seen.get(key);
  if (before !== undefined)
    return [{ field: 'row', value: rate, message: `Row ${before} has the same day, base and currency.` }];
  seen.set(key, row);
  return [];
}

/** The fields of a line; quotes may surround one and are doubled inside. Undefined when a quote is not closed. */
function split(line: string, delimiter: string): string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (quoted && char === '"' && line[at + 1] === '"') {
      field += '"';
      at++;
    } else if (char === '"') quoted = !quoted;
    else if (char === delimiter && !quoted) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  fields.push(field);
  return quoted ? undefined : fields;
}
