/** A table for people: a title, a header and rows; numbers are aligned to the right. */
export interface Table {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Draws a table with box lines, as wide as its widest cell in each column. */
export function renderTable({ title, columns, rows }: Table): string {
  const cells = rows.map((row) => columns.map((_, i) => show(row[i])));
  const numeric = columns.map(
    (_, i) =>
      rows.length > 0 && rows.every((row) => typeof row[i] === 'number' || row[i] === undefined || row[i] === ''),
  );
  const widths = columns.map((name, i) => Math.max(width(name), ...cells.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const room = ' '.repeat((widths[i] ?? 0) - width(cell));
        return numeric[i] ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((one) => '─'.repeat(one)).join('──');
  return [...(title ? [title] : []), rule, line([...columns]), rule, ...cells.map(line), rule].join('\n');
}

function show(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return Number.isInteger(value)
    ? value.toLocaleString('en-US')
    : value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 3 });
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const width = (text: string): number => [...graphemes.segment(text)].length;
