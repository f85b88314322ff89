import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the README shows the example that runs', () => {
  const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
  expect(read('../README.md')).toContain(read('example.db.test.ts'));
});
