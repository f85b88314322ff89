/** A table that a plugin shows on the start page, as the point `podlift.home@1` has it. */
export interface HomePanel {
  readonly title: string;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A cell as a number: `1,234`, `+12 %` and `−4` are some; `undefined` otherwise. */
export function tryNumber(cell: string | number | undefined): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  const text = (cell ?? '').trim().replace('−', '-').replace(/^\+/, '').replace(/\s*%$/, '').replaceAll(',', '');
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const isTruth = (text: string | number | undefined): boolean => typeof text === 'string' && /\btruth\b/i.test(text);

/** Bars of several series over places, and what the truth is at each. */
export interface Chart {
  readonly places: readonly { readonly label: string; readonly truth: number; readonly values: readonly number[] }[];
  readonly series: readonly string[];
}

const MOST_PLACES = 8;

/**
 * What can be drawn of a panel: a column named truth gives bars per row beside it; a row named truth gives one bar
 * per row, measured by its first numbers. Anything else stays a table.
 */
export const tryChart = (panel: HomePanel): Chart | undefined => byColumn(panel) ?? byRow(panel);

function byColumn({ columns, rows }: HomePanel): Chart | undefined {
  const at = columns.findIndex(isTruth);
  if (at < 1 || rows.length === 0) return undefined;
  const series = columns.map((name, index) => ({ name, index })).filter(({ index }) => index > at);
  const places = rows.slice(0, MOST_PLACES).flatMap((row) => {
    const truth = tryNumber(row[at]);
    const values = series.map(({ index }) => tryNumber(row[index]));
    return truth === undefined || values.includes(undefined)
      ? []
      : [{ label: String(row[0]), truth, values: values.map((value) => value ?? 0) }];
  });
  return places.length > 0 && series.length > 0 ? { places, series: series.map(({ name }) => name) } : undefined;
}

function byRow({ columns, rows }: HomePanel): Chart | undefined {
  const truthRow = rows.find(([label]) => isTruth(label));
  const at = truthRow?.findIndex((cell) => tryNumber(cell) !== undefined) ?? -1;
  const truth = tryNumber(truthRow?.[at]);
  if (at < 1 || truth === undefined) return undefined;
  const places = rows.flatMap((row) => {
    const value = row === truthRow ? undefined : tryNumber(row[at]);
    return value === undefined ? [] : [{ label: String(row[0]), truth, values: [value] }];
  });
  return places.length > 0 ? { places, series: [columns[at] ?? ''] } : undefined;
}
