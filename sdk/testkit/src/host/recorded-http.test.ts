import { describe, expect, test } from 'vitest';
import { createTestClock } from './clock.ts';
import { createRecordedHttp } from './recorded-http.ts';

describe('the recorded network', () => {
  const http = createRecordedHttp({
    'https://a.example/x': 'any method',
    'POST https://a.example/x': { status: 201, json: { made: true } },
    'https://a.example/*': 'the rest',
    'https://a.example/deep/*': ({ url }) => new Response(`deep ${url.slice(-1)}`),
  });
  test.each([
    ['GET', 'https://a.example/x', 200, 'any method'],
    ['POST', 'https://a.example/x', 201, '{"made":true}'],
    ['GET', 'https://a.example/y', 200, 'the rest'],
    ['GET', 'https://a.example/deep/z', 200, 'deep z'],
  ])('%s %s', async (method, url, status, body) => {
    const answer = await http.fetch(url, { method });
    expect([answer.status, await answer.text()]).toEqual([status, body]);
  });
  test('refuses what nobody recorded, and says what', async () => {
    await expect(http.fetch('https://b.example/', {})).rejects.toThrow(
      'no answer is recorded for GET https://b.example/',
    );
  });
  test('keeps what was sent', async () => {
    http.answer({ 'https://c.example/': 'late' });
    await http.fetch('https://c.example/', { method: 'PUT', headers: { a: 'b' }, body: 'text' });
    expect(http.calls.at(-1)).toEqual({
      method: 'PUT',
      url: 'https://c.example/',
      headers: expect.objectContaining({ a: 'b' }),
      body: 'text',
    });
  });
});

test('the clock stands still until it is moved', () => {
  const clock = createTestClock('2026-01-01T00:00:00Z');
  const start = clock.now();
  clock.advance(1000);
  expect(clock.now() - start).toBe(1000);
  clock.set('2027-01-01');
  expect(new Date(clock.now()).getUTCFullYear()).toBe(2027);
});
