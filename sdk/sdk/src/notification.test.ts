import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, defineManifest, notification, text } from './index.ts';
import { manifestProblems, recordPlugin } from './kernel/index.ts';

const data = z.object({ show: z.string(), count: z.int() });
const base = { id: 'acme.hello', version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;

describe('a kind of message', () => {
  test('names only fields of its data, in every language and in its link', () => {
    const make =
      (title: string, body: string, link: `/${string}` = '/') =>
      () =>
        notification('n', data, { title: text({ en: title, de: body }), body, category: 'results', link });
    expect(make('{show}', '{count} of {show}', '/x/{show}')).not.toThrow();
    expect(make('{shw}', 'x')).toThrow(/notification n.*no field \{shw\}/);
    expect(make('x', '{cuont}')).toThrow(/\{cuont\}/);
    expect(make('x', 'x', '/x/{id}')).toThrow(/\{id\}/);
  });

  test('stands in plugin.json with what is not said filled in', () => {
    const one = notification('done', data, { title: 'Done: {show}', body: '{count}', category: 'results' });
    const json = recordPlugin(definePlugin({ ...base, notifications: [one] }, () => undefined));
    expect(json.notifications).toMatchObject([
      { name: 'done', title: 'Done: {show}', category: 'results', severity: 'info', channels: ['inbox'] },
    ]);
    expect(json.notifications?.[0]?.data).toMatchObject({ type: 'object', required: ['show', 'count'] });
    expect(recordPlugin(definePlugin(base, () => undefined))).not.toHaveProperty('notifications');
  });

  test('is refused twice under one name, and in a category that is the host’s own', () => {
    const one = notification('done', data, { title: 'x', body: 'x', category: 'results' });
    const manifest = defineManifest({ ...base, notifications: [one, one] });
    expect(manifestProblems(manifest)).toMatchObject([{ path: ['notifications'], message: 'names a kind twice' }]);
    // What JavaScript can say though types do not.
    const secret = { ...one, category: 'security' as 'results' };
    expect(manifestProblems({ ...base, notifications: [secret] })).toMatchObject([
      { path: ['notifications', 'done'], message: expect.stringContaining('security') },
    ]);
  });
});
