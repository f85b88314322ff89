import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import firstPlugin from '../examples/first-plugin.ts';
import { createSmallHost } from './kernel/fixtures/small-host.ts';
import { recordPlugin, responseFromWire, target, type WireResponse } from './kernel/index.ts';

const folder = join(import.meta.dirname, '..');

test('the first plugin of the README is the one that is tested', () => {
  const [, code] = /```ts\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  expect(code).toBe(readFileSync(join(folder, 'examples/first-plugin.ts'), 'utf8'));
});

test('the first plugin runs as written', async () => {
  const host = createSmallHost([firstPlugin], 'strict');
  const body = new TextEncoder().encode(JSON.stringify({ code: 'SAVE20', sponsor: 'Acme' }));
  const headers = [['content-type', 'application/json']];
  const request = { url: 'http://plugin/codes', method: 'POST', headers, body };
  // What a route answers.
  const answer = (await host.invoke('acme.codes', target.route, request)) as WireResponse;
  expect(answer.status).toBe(201);
  const { id } = Object(await responseFromWire(answer).json());
  expect(host.asked.at(-1)?.input).toEqual({
    name: 'codes',
    writes: [{ op: 'insert', id, value: { code: 'SAVE20', sponsor: 'Acme' } }],
  });
  expect(recordPlugin(firstPlugin).declares.document).toMatchObject({
    paths: { '/codes': { post: { 'x-permission': 'codes:write' } } },
  });
});
