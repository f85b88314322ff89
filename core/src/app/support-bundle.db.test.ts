import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';

const SLOW = 120_000;
const CANARY = 'canary.person@example.org';
const PASSWORD = 'Canary-horse-battery-9';
/** Forms in which secrets and people come into logs. */
const PLANTED = [
  CANARY,
  'canary%40example.net',
  PASSWORD,
  'canarySessionCookie123',
  'sk-canary0123456789abcdef',
  'ghp_canary0123456789abcdefABCDEF',
  'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl',
  '203.0.113.77',
  '2001:db8:85a3:8d3:1319:8a2e:370:7348',
  '+49 30 1234567',
  'canaryQuerySecret',
];

describe('a support bundle', () => {
  let home: Home;
  let masterKey: string;
  const secrets: string[] = [...PLANTED];
  beforeAll(async () => {
    masterKey = randomBytes(32).toString('base64');
    home = createHome({
      PODLIFT_MASTER_KEY: masterKey,
      PODLIFT_METRICS_TOKEN: 'canary-metrics-token-1',
      PODLIFT_SMTP_URL: `smtp://canaryuser:${encodeURIComponent(PASSWORD)}@127.0.0.1:2525`,
      PODLIFT_PASSWORD: PASSWORD,
    });
    await home.ask('tenant', 'create', 'acme', '--name', `Acme ${CANARY}`);
    await home.ask('user', 'create', CANARY, '--name', CANARY, '--tenant', 'acme');
    const { key } = (await home.ask('key', 'create', '--tenant', 'acme', '--name', CANARY)) as { key: string };
    const state = JSON.parse(readFileSync(join(home.dataDir, 'postgres/podlift.json'), 'utf8')) as { password: string };
    secrets.push(masterKey, key, 'canary-metrics-token-1', 'canaryuser', state.password);
    const product = await home.start(['start', '--empty']);
    // A failing statement comes into the log of the server with its values.
    await asAdmin(home.postgresUrl(), (client) => client.query(`select '${CANARY}'::int`).catch(() => undefined));
    await product.kill('SIGTERM');
    const lines = [
      JSON.stringify({ level: 'warn', email: CANARY, password: PASSWORD, cookie: 'canarySessionCookie123' }),
      ...PLANTED.map((one) => `request with ${one} in it`),
      `Set-Cookie: session=canarySessionCookie123; path=/`,
      `authorization: Bearer ${key}`,
      `GET https://podlift.test/callback?code=canaryQuerySecret&state=1`,
      `PASSWORD=${PASSWORD}`,
      `master key ${masterKey}`,
    ];
    writeFileSync(
      join(home.dataDir, 'app.log'),
      lines
        .join('\n')
        .replaceAll(`request with ${PASSWORD} in it`, '')
        .replaceAll('request with canarySessionCookie123 in it', '')
        .replaceAll('request with canaryQuerySecret in it', ''),
    );
  }, SLOW);
  afterAll(() => home.remove());

  test('holds what helps, and neither secrets nor people', { timeout: SLOW }, async () => {
    const out = join(home.dataDir, 'bundle.tar.gz');
    const { files } = (await home.ask('support-bundle', '--out', out, '--log-file', join(home.dataDir, 'app.log'))) as {
      files: string[];
    };
    expect(files).toEqual(
      expect.arrayContaining([
        'versions.json',
        'config.json',
        'doctor.json',
        'plugins.json',
        'migrations.json',
        'metrics.txt',
        'log-1.txt',
        'log-2.txt',
      ]),
    );
    expect(statSync(out).mode & (process.platform === 'win32' ? 0 : 0o077)).toBe(0);
    const into = join(home.dataDir, 'opened');
    mkdirSync(into);
    execFileSync('tar', ['-xzf', out, '-C', into]);
    expect(readdirSync(into).toSorted()).toEqual(files.toSorted());
    const all = files.map((name) => readFileSync(join(into, name), 'utf8')).join('\n');
    const forms = secrets.flatMap((one) => [one, encodeURIComponent(one), Buffer.from(one).toString('base64')]);
    expect(forms.filter((form) => all.includes(form))).toEqual([]);
    expect(all).not.toMatch(/canary/i);
    expect(JSON.parse(readFileSync(join(into, 'versions.json'), 'utf8'))).toMatchObject({
      podlift: '0.1.0',
      embedded: true,
    });
    expect(JSON.parse(readFileSync(join(into, 'migrations.json'), 'utf8'))).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'data/0001_tenants' })]),
    );
    expect(readFileSync(join(into, 'log-2.txt'), 'utf8')).toContain('invalid input syntax');
  });
});
