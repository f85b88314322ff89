import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { boot, type Booted } from '../app/index.ts';
import { loadConfig } from '../config/index.ts';
import { silentLog } from '../telemetry/index.ts';
import { createCli } from './cli.ts';
import { createProgram, runCli } from './program.ts';

const SLOW = 120_000;
const PLUGIN = 'podlift.podcasts';
const SRC = join(import.meta.dirname, '..');

const name = `t_${randomUUID().replaceAll('-', '')}`;
let dataDir: string;
let booted: Booted;
let env: Record<string, string | undefined>;

/** Commands that change nothing, or only this process. */
const READS = new Set([
  'start',
  'api',
  'worker',
  'config',
  'doctor',
  'demo',
  'tenant list',
  'tenant show',
  'tenant compare',
  'user list',
  'key list',
  'plugin list',
  'plugin show',
  'plugin graph',
  'plugin doctor',
  'secrets list',
  'secrets verify',
  'database slow',
  'support-bundle',
  'flags list',
  'flags explain',
  'usage',
  'quota list',
  'files list',
  'files get',
  'files verify',
  'audit list',
  'audit verify',
  'audit anchors',
  'jobs list',
  'jobs show',
  'jobs queues',
  'jobs drain',
  'notify check',
  'notify deliveries',
  'notify test',
  'events tail',
  'events subscribers',
  'events replay list',
  'events replay show',
  'events dead list',
  'events dead show',
  'backup list',
  'backup verify',
  'backup schedule',
  'subject list',
]);

/** How each change by the command line is asked for, in this order. */
const COMMANDS: Readonly<Record<string, () => readonly string[] | Promise<readonly string[]>>> = {
  'tenant create': () => ['gamma'],
  'tenant suspend': () => ['gamma', '--reason', 'unpaid'],
  'tenant resume': () => ['gamma'],
  'tenant delete': () => ['gamma'],
  'tenant restore': () => ['gamma'],
  'tenant export': () => ['gamma', '--out', join(dataDir, 'gamma.tar')],
  'user create': () => ['dan@x.test', '--operator', '--tenant', 'gamma'],
  'user reset-password': () => ['dan@x.test'],
  'key create': () => ['--tenant', 'gamma', '--name', 'n'],
  'key revoke': async () => [
    (await booted.root.cradle.identity.keys.list(await idOf('gamma')))[0]?.id ?? '',
    '--tenant',
    'gamma',
  ],
  'plugin off': () => [PLUGIN],
  'plugin on': () => [PLUGIN],
  'plugin retry': () => [PLUGIN],
  'secrets rotate': () => [],
  'search rebuild': () => ['gamma'],
  'quota set': () => ['members', '9', '--tenant', 'gamma', '--reason', 'a launch'],
  'quota reset': () => ['members', '--tenant', 'gamma'],
  'files put': () => [import.meta.filename, '--tenant', 'gamma'],
  'files gc': () => [],
  'database measure': () => [],
  'jobs retry': () => ['--dead', '--tenant', 'gamma'],
  'jobs dead': () => ['--discard', '--tenant', 'gamma'],
  'audit export': () => ['--out', join(dataDir, 'acts.ndjson')],
};

/** Commands that need more than a call, and why they are not called here. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  upgrade: 'backs up the embedded database; what it did is in core.migration',
  'jobs cancel': 'jobs/routes.db.test.ts',
  'flags set': 'settings/flags/flags.db.test.ts',
  'events replay start': 'events/replay.db.test.ts',
  'events replay cancel': 'events/replay.db.test.ts',
  'events replay resume': 'events/replay.db.test.ts',
  'events dead retry': 'events/routes/routes.db.test.ts',
  'events dead discard': 'events/routes/routes.db.test.ts',
  migrate: 'each migration is in core.migration; edges of plugins are acts of the plugin host',
  restore: 'needs a backup: noted outside of the database, recovery/restore/restore.db.test.ts',
  'backup create': 'needs the embedded database: noted outside of it',
  'backup prune': 'needs backups: noted outside of the database',
  'tenant import': 'portability/transfer/move.db.test.ts',
  'subject export': 'portability/subject/canary.db.test.ts',
  'subject erase': 'portability/subject/canary.db.test.ts',
  'subject retry': 'portability/subject/canary.db.test.ts',
  'subject reapply': 'portability/subject/canary.db.test.ts',
  retention: 'removes only what settings say; portability/subject/canary.db.test.ts',
};

const idOf = async (slug: string): Promise<string> => (await booted.root.cradle.tenancy.bySlug(slug))?.id ?? '';
const leavesOf = (command: Command, path: readonly string[] = []): string[] =>
  command.commands.length === 0
    ? [path.join(' ')]
    : command.commands.filter((one) => one.name() !== 'help').flatMap((one) => leavesOf(one, [...path, one.name()]));
/** Runs SQL as superuser, in the server's own database or in ours. */
const admin = async <T extends pg.QueryResultRow>(sql: string, database?: string): Promise<T[]> => {
  const url = new URL(inject('postgres').url);
  if (database !== undefined) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
};
const rowsOf = () =>
  admin<{ id: string }>(
    `select id from core.audit where via = 'cli' union select id from core.operator_audit where via = 'cli'`,
    name,
  );

beforeAll(async () => {
  await admin(`create database ${name}`);
  dataDir = mkdtempSync(join(tmpdir(), 'podlift-acts-'));
  const { url, masterKey } = inject('postgres');
  const own = new URL(url);
  own.pathname = `/${name}`;
  env = {
    DATABASE_URL: own.href,
    PODLIFT_MASTER_KEY: masterKey,
    PODLIFT_DATA_DIR: dataDir,
    PODLIFT_LOG_LEVEL: 'silent',
  };
  booted = await boot(loadConfig(env, { mode: 'test' }), { log: silentLog });
  await booted.root.cradle.plugins.start();
}, SLOW);
afterAll(async () => {
  await booted.root.cradle.plugins.stop();
  await booted.close();
  await admin(`drop database if exists ${name} with (force)`);
  rmSync(dataDir, { recursive: true });
});

describe('every change by the command line leaves a row', () => {
  test('and there is none that nobody looks at', () => {
    const known = new Set([...READS, ...Object.keys(COMMANDS), ...Object.keys(NOT_CALLED)]);
    expect(leavesOf(createProgram(createCli(env), [])).filter((one) => !known.has(one))).toEqual([]);
    const files = Object.values(NOT_CALLED).flatMap((why) => /[\w/-]+(?:\.db)?\.test\.ts/.exec(why)?.[0] ?? []);
    expect(files.filter((file) => !existsSync(join(SRC, file)))).toEqual([]);
  });

  test.each(Object.keys(COMMANDS))('podlift %s', { timeout: SLOW }, async (command) => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const before = new Set((await rowsOf()).map(({ id }) => id));
    const args = [...command.split(' '), ...((await COMMANDS[command]?.()) ?? [])];
    const code = await runCli([...args, '--json'], env);
    const said = out.mock.calls.concat(err.mock.calls).join('');
    out.mockRestore();
    err.mockRestore();
    process.exitCode = undefined;
    expect({ code, said }).toMatchObject({ code: undefined });
    expect((await rowsOf()).filter(({ id }) => !before.has(id)).length).toBeGreaterThan(0);
  });
});
