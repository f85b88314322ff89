import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePlugin } from '@podlift/sdk';
import { recordPlugin, type PluginJson } from '@podlift/sdk/kernel';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { codes, shop } from './testing/shop.ts';
import { asker } from './testing/asker.ts';

const OPERATOR = { kind: 'user', id: 'root' } as const;

describe.each([
  ['by hints', 60_000],
  ['by polling alone', 100],
])('two nodes converge %s', (_, pollMs) => {
  let one: TestHost;
  let other: TestHost;
  let tenant: string;
  beforeAll(async () => {
    one = await createTestHost({ plugins: [shop, asker], jobs: false, host: { pollMs } });
    other = await createTestHost({ plugins: [shop, asker], jobs: false, host: { pollMs }, besides: one });
    tenant = await one.tenant();
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });
  const find = (host: TestHost) => host.call([codes.id, 'find'], {}, { tenant });
  const stateOn = (host: TestHost, id: string) => host.plugins.list().find((plugin) => plugin.id === id)?.state;
  const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 4000, interval: 20 });

  test('a tenant that disables a plugin on one node has it disabled on the other', async () => {
    await expect(find(other)).resolves.toBeDefined();
    await one.plugins.decide(tenant, 'test.shop', { enabled: false }, { kind: 'user', id: 'ann' });
    await expect(find(one)).rejects.toMatchObject({ message: expect.stringContaining('not enabled') });
    await soon(() => expect(find(other)).rejects.toMatchObject({ message: expect.stringContaining('not enabled') }));
    await other.plugins.decide(tenant, 'test.shop', { enabled: true }, { kind: 'user', id: 'ann' });
    await soon(() => expect(find(one)).resolves.toBeDefined());
  });

  test('what an operator switches off on one node goes off on the other, with what needs it', async () => {
    await one.plugins.switchOff('test.shop', OPERATOR);
    await soon(() =>
      expect([stateOn(other, 'test.shop'), stateOn(other, 'test.asker')]).toEqual(['disabled', 'degraded']),
    );
    await other.plugins.switchOn('test.shop', OPERATOR);
    await soon(() => expect([stateOn(one, 'test.shop'), stateOn(one, 'test.asker')]).toEqual(['active', 'active']));
  });

  test('a degraded plugin is not tried again by itself', async () => {
    let tries = 0;
    const source = {
      json: JSON.parse(
        JSON.stringify(
          recordPlugin(
            definePlugin({ id: 'test.sick', version: '1.0.0', sdk: '^0.1', license: 'MIT' }, () => undefined),
          ),
        ),
      ) as PluginJson,
      digest: 'x',
      trusted: true,
      load: async () => {
        tries++;
        throw new Error('sick');
      },
    };
    const host = await createTestHost({
      plugins: [],
      jobs: false,
      host: { pollMs: 20, extra: { sources: [source], broken: [] } },
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(tries).toBe(1);
    await host.plugins.retry('test.sick', OPERATOR);
    expect(tries).toBe(2);
    await host.stop();
  });

  test('each edge is in the audit trail once, whoever was first', async () => {
    const acts = await one.rooms.audit.listOperator({ target: 'plugin:test.shop' });
    const counted = Object.groupBy(acts, ({ action }) => action);
    expect(counted['plugin.switch-off']).toHaveLength(1);
    expect(counted['plugin.switch-on']).toHaveLength(1);
    expect(counted['plugin.disabled']).toHaveLength(1);
  });
});

describe('a plugin that took a process down', () => {
  test('is held on every node and after every start, until somebody retries', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podlift-held-'));
    const journal = join(folder, 'boot.json');
    writeFileSync(`${journal}.4194303`, JSON.stringify({ running: [{ plugin: 'test.shop', phase: 'setup' }] }));
    const one = await createTestHost({ plugins: [shop, asker], jobs: false, host: { journal } });
    const other = await createTestHost({ plugins: [shop, asker], jobs: false, besides: one });
    try {
      const reason = 'the process ended in its setup: the process ended';
      for (const host of [one, other])
        expect(host.plugins.list()).toMatchObject([
          { id: 'test.asker', state: 'degraded', reason: expect.stringContaining(reason) },
          { id: 'test.shop', state: 'degraded', reason },
        ]);
      expect(readdirSync(folder)).toEqual([]);
      await other.plugins.retry('test.shop', OPERATOR);
      expect(other.plugins.list().map(({ state }) => state)).toEqual(['active', 'active']);
      const again = await createTestHost({ plugins: [shop, asker], jobs: false, besides: one });
      expect(again.plugins.list().map(({ state }) => state)).toEqual(['active', 'active']);
      await again.stop();
    } finally {
      await other.stop();
      await one.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
