import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

const SLOW = 120_000;
const MAIN = join(import.meta.dirname, 'main.ts');

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the command line', { concurrent: true }, () => {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  let dataDir: string;
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: inject('postgres').url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const podlift = (...args: readonly string[]): Promise<Ended> => {
    const { url, masterKey } = inject('postgres');
    const own = new URL(url);
    own.pathname = `/${name}`;
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: own.href,
      PODLIFT_MASTER_KEY: masterKey,
      PODLIFT_DATA_DIR: dataDir,
    };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--conditions=@podlift/source', MAIN, ...args],
        { env, timeout: 60_000 },
        (error, stdout, stderr) => resolve({ code: error ? (error.code ?? error.signal ?? 1) : 0, stdout, stderr }),
      );
    });
  };

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'podlift-cli-'));
    await admin(`create database ${name}`);
    const made = await podlift('tenant', 'create', 'acme');
    if (made.code !== 0) throw new Error(made.stderr);
  }, SLOW);
  afterAll(async () => {
    await admin(`drop database if exists ${name} with (force)`);
    rmSync(dataDir, { recursive: true });
  });

  test.each([
    ['config'],
    ['tenant', 'list'],
    ['tenant', 'show', 'acme'],
    ['user', 'list'],
    ['key', 'list', '--tenant', 'acme'],
    ['jobs', 'list', '--tenant', 'acme'],
    ['jobs', 'dead', '--tenant', 'acme'],
    ['jobs', 'retry', '--dead', '--tenant', 'acme'],
    ['jobs', 'queues'],
    ['jobs', 'drain'],
    ['plugin', 'list'],
    ['plugin', 'graph'],
    ['plugin', 'doctor'],
    ['doctor'],
    ['migrate'],
  ])('podlift %s %s %s %s %s --json is one JSON value', { timeout: SLOW }, async (...args) => {
    const { stdout } = await podlift(...args.filter(Boolean), '--json');
    const value: unknown = JSON.parse(stdout);
    expect(typeof value).toBe('object');
  });

  test('a failure with --json is JSON too, beside the sentence', { timeout: SLOW }, async () => {
    const { code, stdout, stderr } = await podlift('tenant', 'show', 'nobody', '--json');
    expect(code).toBe(1);
    // As the command line itself writes it.
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code).toMatch(/^tenants\./);
    expect(stderr).toBe(`${error.message}\n`);
  });

  test('a command that nobody knows: exit code 2 and a hint', { timeout: SLOW }, async () => {
    const { code, stdout, stderr } = await podlift('tenat');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("error: unknown command 'tenat'\n(Did you mean tenant?)");
  });

  test.each([
    [['key', 'create', '--tenant', 'acme', '--name', 'x', '--days', 'soon'], /days/],
    [['start', '--port', 'http'], /PODLIFT_PORT/],
    [['--log-level', 'loud', 'tenant', 'list'], /PODLIFT_LOG_LEVEL/],
    [['demo', '--touchpoints', 'many'], /touchpoints/],
    [['user', 'create', 'not-an-address'], /./],
    [['tenant', 'create', 'Not A Slug'], /slug/i],
    [['jobs', 'list', '--tenant', 'acme', '--state', 'odd'], /one of waiting, active/],
    [['jobs', 'retry', '--tenant', 'acme'], /Name a job/],
  ])('podlift %j has a value that does not fit: exit code 2, and which one', { timeout: SLOW }, async (args, which) => {
    const { code, stderr } = await podlift(...args);
    expect(stderr).toMatch(which);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });
});
