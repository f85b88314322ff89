import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../telemetry/index.ts';
import { createTestApp } from '../testing/app.ts';
import { coreRoute, json, type HomePanel, type PluginDocument } from '../index.ts';

const EVIL = `</script><script>alert(1)</script>"'<img src=x onerror=alert(1)>`;
const panel: HomePanel = {
  title: 'Models',
  text: EVIL,
  columns: ['campaign', 'truth', 'linear'],
  rows: [
    [EVIL, '100', '1,250'],
    ['b', 50, 40],
  ],
};
const evil: PluginDocument = {
  plugin: 'acme.evil',
  title: EVIL,
  version: '1.0.0',
  description: EVIL,
  document: {
    paths: {
      '/api/v1/x/acme/evil/{id}': {
        get: {
          'x-permission': 'public',
          summary: EVIL,
          description: EVIL,
          parameters: [{ name: EVIL, in: 'query', required: true, schema: { type: 'string', example: EVIL } }],
          responses: { 200: { description: EVIL, content: { 'text/html': { example: EVIL } } } },
        },
      },
    },
  },
};
const plugins = (documents: () => readonly PluginDocument[]) => ({
  routes: () => ({ match: () => undefined, methods: () => [] }),
  isEnabled: () => true,
  serve: async () => new Response(),
  documents,
});
const things = coreRoute(
  {
    method: 'get',
    path: '/api/v1/things',
    permission: 'things:read',
    summary: 'List the things',
    responses: { 200: json(z.array(z.string()), 'All.') },
  },
  (c) => c.json([], 200),
);
const app = createTestApp({ routes: [things], plugins: plugins(() => [evil]), homePanels: async () => [panel] });

describe.each(['/', '/reference'])('the page %s', (path) => {
  test('runs and loads nothing but what stands in it', async () => {
    const response = await app.request(path);
    const text = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const running = [...text.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, code = '']) => code);
    expect(running.length).toBeGreaterThan(0);
    for (const code of running)
      expect(policy).toContain(`'sha256-${createHash('sha256').update(code).digest('base64')}'`);
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(text) ?? [];
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(text).not.toMatch(/\s(?:src|href)="(?:https?:)?\/\//);
    expect(text).not.toMatch(/\s(?:on\w+|style)="/);
    expect(style).not.toMatch(/url\(|@import/);
  });

  test('shows what plugins say as text', async () => {
    const text = await (await app.request(path)).text();
    expect(text).toContain('&lt;img src=x');
    expect(text).not.toContain('<img src=x');
    expect(text).not.toContain('<script>alert');
    for (const [, code = ''] of text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)) expect(code).not.toContain('</');
  });

  test('is packed for who can unpack it, and not sent again to who has it', async () => {
    const packed = await app.request(path, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    const unpacked = new Response(packed.body?.pipeThrough(new DecompressionStream('gzip')));
    const plain = await app.request(path);
    expect(await unpacked.text()).toBe(await plain.text());
    expect(packed.headers.get('etag')).not.toBe(plain.headers.get('etag'));
    const again = await app.request(path, { headers: { 'if-none-match': plain.headers.get('etag') ?? '' } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('the reference', () => {
  test('shows routes with who may call them, and how', async () => {
    const text = await (await app.request('/reference')).text();
    for (const part of [
      'List the things',
      'Needs things:read',
      'curl http://podlift.test/api/v1/things',
      'Anyone may call it',
      'acme.evil',
    ])
      expect(text).toContain(part);
    const [, data = ''] = /id="calls">([\s\S]*?)<\/script>/.exec(text) ?? [];
    expect(JSON.parse(data)).toMatchObject({
      'get-api-v1-things': { method: 'get', path: '/api/v1/things', open: false },
    });
  });

  test('changes when a plugin comes or goes', async () => {
    let documents: readonly PluginDocument[] = [];
    const changing = createTestApp({ plugins: plugins(() => documents) });
    expect(await (await changing.request('/reference')).text()).not.toContain('acme.evil');
    documents = [evil];
    expect(await (await changing.request('/reference')).text()).toContain('acme.evil');
  });
});

describe('the start page', () => {
  test('shows the panels as charts and tables', async () => {
    const text = await (await app.request('/')).text();
    expect(text).toContain('<svg');
    expect(text).toContain('1,250');
    expect(text.match(/class="truth"/g)).toHaveLength(2);
  });

  test.each([
    ['there are none', async () => []],
    ['they are empty', async () => [{ title: 'Demo', text: 'Nothing.', columns: [], rows: [] }]],
    ['they fail', async () => Promise.reject(new Error('the demo broke'))],
  ])('says how to get a demo when %s', async (_, homePanels) => {
    const response = await createTestApp({ homePanels, log: silentLog }).request('/');
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('podlift demo')]);
  });
});
