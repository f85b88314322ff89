import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createOutput } from './output.ts';
import { renderTable } from './table.ts';

function sink(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => text };
}

describe('a table', () => {
  test('aligns numbers right and text left, and names its columns', () => {
    const drawn = renderTable({
      title: 'Models',
      columns: ['model', 'orders'],
      rows: [
        ['linear', 12.5],
        ['first-touch', 1200],
      ],
    });
    expect(drawn.split('\n')).toEqual(
      [
        'Models',
        '────────────────────',
        'model        orders',
        '────────────────────',
        'linear         12.5',
        'first-touch   1,200',
        '────────────────────',
      ].map((line) => (line.startsWith('─') ? '─'.repeat(19) : line)),
    );
  });
  test('without rows is a header, not an error', () => {
    expect(renderTable({ columns: ['id'], rows: [] })).toContain('id');
  });
});

describe('output', () => {
  test('prints progress by tenths where nobody can draw over a line', () => {
    const out = sink(false);
    const output = createOutput({ stdout: out.stream });
    for (let i = 0; i <= 100; i++) output.progress('landing', i, 100);
    expect(out.text().trim().split('\n')).toHaveLength(11);
  });
  test('keeps standard output for the one JSON value', () => {
    const out = sink(false);
    const err = sink(false);
    const output = createOutput({ json: true, stdout: out.stream, stderr: err.stream });
    output.line('hello');
    output.progress('landing', 1, 2);
    output.result({ micros: 12n });
    expect(JSON.parse(out.text())).toEqual({ micros: '12' });
  });
});
