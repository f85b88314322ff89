import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog, redact } from './index.ts';

function capture(isTTY = false) {
  const lines: string[] = [];
  const output = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, log: createLog({ logLevel: 'debug' }, Object.assign(output, { isTTY })) };
}

test('writes JSON with time, level, message and fields', () => {
  const { lines, log } = capture();
  log.child({ room: 'http' }).info({ status: 200 }, 'answered');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'answered', room: 'http', status: 200 });
  expect(JSON.parse(lines[0] ?? '').time).toMatch(/^\d{4}-.*Z$/);
});

test('writes a readable line when a person watches', () => {
  const { lines, log } = capture(true);
  log.error({ err: new Error('boom', { cause: new Error('fuse') }), plugin: 'a b' }, 'failed');
  expect(lines[0]).toMatch(/ERROR.*failed.*plugin=.*"a b"[\s\S]*Error: boom[\s\S]*caused by Error: fuse/);
});

test.each([
  ['authorization', { headers: { authorization: 'x1' } }],
  ['Cookie', { headers: { Cookie: 'x1' } }],
  ['set-cookie', { 'set-cookie': ['x1'] }],
  ['password', { user: { password: 'x1' } }],
  ['clientSecret', { a: [{ b: { clientSecret: 'x1' } }] }],
  ['access_token', { access_token: 'x1' }],
  ['key', { key: 'x1' }],
  ['api-key', { 'api-key': 'x1' }],
  ['Headers', { headers: new Headers({ authorization: 'x1' }) }],
  ['an error', { err: Object.assign(new Error('no'), { config: { token: 'x1' } }) }],
  ['a cause', { err: new Error('no', { cause: { secret: 'x1' } }) }],
])('masks %s', (_, fields) => {
  const { lines, log } = capture();
  log.info(fields, 'm');
  log.child(fields).info('m');
  expect(lines.join('')).not.toContain('x1');
  expect(lines.join('')).toContain('[redacted]');
});

test.each([
  'connect to postgres://app:x1secret@db failed',
  'key plk_x1secret0 refused',
  'sent Authorization: Bearer x1secret',
])('masks a secret inside a text: %s', (text) => {
  const { lines, log } = capture();
  log.info(text);
  log.warn({ err: new Error(text) }, 'm');
  expect(lines.join('')).not.toContain('x1secret');
});

test('keeps what only looks like a secret', () => {
  expect(redact({ keyword: 'a', tokens: 3, monkey: 'b', at: new Date(0) })).toEqual({
    keyword: 'a',
    tokens: 3,
    monkey: 'b',
    at: new Date(0),
  });
});

test('survives circles and bytes', () => {
  const circle: Record<string, unknown> = { bytes: new Uint8Array(5) };
  circle['self'] = circle;
  expect(JSON.stringify(redact(circle))).toContain('[5 bytes]');
});
