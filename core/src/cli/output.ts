import { renderTable, type Table } from './table.ts';

/** Where a command writes. `json` collects one document for machines; otherwise people read lines, tables and progress. */
export interface Output {
  readonly json: boolean;
  line(text?: string): void;
  table(table: Table): void;
  /** One line that is drawn over on a terminal and printed at each tenth elsewhere. `total` 0 means unknown. */
  progress(label: string, done: number, total: number): void;
  /** What `--json` prints: one value, once. Without `--json` nothing. */
  result(value: unknown): void;
  warn(text: string): void;
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly stdout?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr?: NodeJS.WritableStream & { isTTY?: boolean };
}

const BAR_WIDTH = 24;

export function createOutput({
  json = false,
  stdout = process.stdout,
  stderr = process.stderr,
}: OutputOptions = {}): Output {
  const people = json ? stderr : stdout;
  let drawn = '';
  let lastTenth = '';
  const clear = (): void => {
    if (drawn) people.write('\r\u001B[2K');
    drawn = '';
  };
  const write = (text: string): void => {
    clear();
    if (!json) stdout.write(`${text}\n`);
  };
  return {
    json,
    line: (text = '') => write(text),
    table: (table) => write(renderTable(table)),
    progress(label, done, total) {
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const amount = total > 0 ? `${Math.floor(share * 100)} %` : count(done);
      if (people.isTTY) {
        const filled = Math.round(share * BAR_WIDTH);
        drawn = `${label} ${total > 0 ? `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ` : ''}${amount}`;
        people.write(`\r\u001B[2K${drawn}`);
        if (total > 0 && done >= total) {
          people.write('\n');
          drawn = '';
        }
        return;
      }
      const tenth = `${label} ${total > 0 ? Math.floor(share * 10) : ''}`;
      if (tenth === lastTenth) return;
      lastTenth = tenth;
      people.write(`${label}: ${amount}\n`);
    },
    result(value) {
      if (json) stdout.write(`${JSON.stringify(value, jsonValue, 2)}\n`);
    },
    warn(text) {
      clear();
      stderr.write(`${text}\n`);
    },
  };
}

const count = (value: number): string => value.toLocaleString('en-US');
const jsonValue = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
