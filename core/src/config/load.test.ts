import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, describeConfig, filesPlace, loadConfig, type Env } from './index.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'podlift-config-'))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function problemsOf(env: Env): readonly { variable: string; problem: string; fix: string }[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  test('needs nothing but a folder', () => {
    const config = loadConfig({ PODLIFT_DATA_DIR: dataDir });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://127.0.0.1:3000',
      mode: 'development',
      strict: true,
      signUp: false,
      trustedProxies: [],
    });
    expect(config.masterKey).toHaveLength(32);
  });

  test('reads every kind of value', () => {
    const config = loadConfig({
      PODLIFT_MODE: 'production',
      PODLIFT_MASTER_KEY: KEY,
      PODLIFT_PORT: '8080',
      PODLIFT_PUBLIC_URL: 'https://podlift.example.com/',
      PODLIFT_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1',
      PODLIFT_SIGN_UP: 'yes',
      DATABASE_URL: 'postgres://a:b@db/podlift',
      PODLIFT_STRICT: '',
    });
    expect(config).toMatchObject({
      port: 8080,
      publicUrl: 'https://podlift.example.com',
      trustedProxies: ['10.0.0.0/8', '127.0.0.1'],
      signUp: true,
      strict: false,
    });
    expect(config.sources).toMatchObject({ port: 'PODLIFT_PORT', signUp: 'PODLIFT_SIGN_UP', host: 'default' });
  });

  test('an override wins over the environment', () => {
    const config = loadConfig({ PODLIFT_PORT: '1', PODLIFT_MASTER_KEY: KEY }, { port: 2 });
    expect([config.port, config.sources.port]).toEqual([2, 'override']);
  });

  test.each([
    ['PODLIFT_PORT', '99999', 'from 0'],
    ['PODLIFT_PORT', 'http', 'whole number'],
    ['PORT', '-1', 'whole number'],
    ['PODLIFT_HOST', 'my host', 'address of this machine'],
    ['PODLIFT_PUBLIC_URL', 'podlift.example.com', 'https://'],
    ['PODLIFT_TRUSTED_PROXIES', '10.0.0.0/99', '10.0.0.0/8'],
    ['DATABASE_URL', 'mysql://a', 'postgres://'],
    ['REDIS_URL', 'localhost:6379', 'redis://'],
    ['PODLIFT_MASTER_KEY', 'c2hvcnQ=', 'openssl rand -base64 32'],
    ['PODLIFT_MASTER_KEY', 'not base64!', 'openssl rand -base64 32'],
    ['PODLIFT_STRICT', 'maybe', 'true or false'],
    ['PODLIFT_LOG_LEVEL', 'loud', 'debug, info'],
    ['PODLIFT_METRICS_TOKEN', 'short', '16 characters'],
    ['NODE_ENV', 'staging', 'development, production'],
    ['PODLIFT_FILES_URL', 'bucket', 's3://bucket/prefix'],
    ['PODLIFT_FILES_URL', 'https://bucket.s3.amazonaws.com', 's3://bucket/prefix'],
    ['PODLIFT_FILES_URL', 's3://bucket', 's3://bucket/prefix'],
    ['PODLIFT_FILES_URL', 's3://a:b@bucket?region=eu', 's3://bucket/prefix'],
    ['PODLIFT_FILES_URL', 's3://bucket?region=eu&stile=path', 's3://bucket/prefix'],
    ['PODLIFT_FILES_URL', 's3://bucket?region=eu&encryption=rot13', 's3://bucket/prefix'],
    ['PODLIFT_FILES_URL', 's3://bucket/..%2fother?region=eu', 's3://bucket/prefix'],
    ['PODLIFT_FILE_MAX_BYTES', '1', '1024'],
  ])('%s=%s is refused by name, with the fix', (variable, value, fix) => {
    const [first, ...rest] = problemsOf({ PODLIFT_MASTER_KEY: KEY, [variable]: value });
    expect(rest).toEqual([]);
    expect(first?.variable).toBe(variable);
    expect(first?.fix).toContain(fix);
  });

  test('names all problems at once, and shows no secret', () => {
    const env = { PODLIFT_PORT: 'x', DATABASE_URL: 'mysql://root:hunter2@db', PODLIFT_SIGN_UP: 'perhaps' };
    expect(() => loadConfig(env)).toThrow(/has 3 problems[\s\S]*PODLIFT_PORT[\s\S]*DATABASE_URL[\s\S]*PODLIFT_SIGN_UP/);
    expect(JSON.stringify(problemsOf(env))).not.toContain('hunter2');
  });

  test('warns about a variable it does not know', () => {
    const { warnings } = loadConfig({ PODLIFT_MASTER_KEY: KEY, PODLIFT_PROT: '1' });
    expect(warnings).toEqual([expect.stringContaining('PODLIFT_PROT')]);
  });
});

describe('the master key', () => {
  test('is made once, readable by its owner only, and found again', () => {
    const first = loadConfig({ PODLIFT_DATA_DIR: dataDir });
    const second = loadConfig({ PODLIFT_DATA_DIR: dataDir });
    expect(second.masterKey).toEqual(first.masterKey);
    expect(first.sources.masterKey).toContain('master.key');
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600);
  });

  test('is never made up in production', () => {
    expect(problemsOf({ PODLIFT_MODE: 'production', PODLIFT_DATA_DIR: dataDir })).toEqual([
      expect.objectContaining({ variable: 'PODLIFT_MASTER_KEY', fix: expect.stringContaining('openssl') }),
    ]);
  });

  test('is not made while something else is wrong', () => {
    problemsOf({ PODLIFT_DATA_DIR: dataDir, PODLIFT_PORT: 'x' });
    expect(() => statSync(join(dataDir, 'master.key'))).toThrow('ENOENT');
  });

  test.each([
    ['cut short', (file: string) => writeFileSync(file, 'c2hvcnQ=', { mode: 0o600 })],
    ['readable by others', (file: string) => (writeFileSync(file, KEY), chmodSync(file, 0o644))],
  ])('is refused when its file is %s', (_, spoil) => {
    spoil(join(dataDir, 'master.key'));
    expect(problemsOf({ PODLIFT_DATA_DIR: dataDir })[0]?.problem).toContain('cannot be used');
  });

  test('is the same for processes that start at once', async () => {
    const door = new URL('./master-key.ts', import.meta.url).href;
    const code = `const { workerData, parentPort } = require('node:worker_threads');
      import(${JSON.stringify(door)}).then((m) => parentPort.postMessage(Buffer.from(m.ensureMasterKeyFile(workerData)).toString('base64')));`;
    const keys = await Promise.all(
      Array.from(
        { length: 4 },
        () =>
          new Promise<string>((resolve, reject) => {
            const worker = new Worker(code, { eval: true, workerData: join(dataDir, 'fresh') });
            worker.once('message', resolve).once('error', reject);
          }),
      ),
    );
    expect(new Set(keys).size).toBe(1);
    expect(readFileSync(join(dataDir, 'fresh', 'master.key'), 'utf8').trim()).toBe(keys[0]);
  });
});

describe('secrets in files', () => {
  const write = (name: string, text: string): string => {
    const file = join(dataDir, name);
    writeFileSync(file, text);
    return file;
  };

  test('are read like the variable itself, with earlier keys one on a line', () => {
    const [first, second] = [1, 2].map((n) => Buffer.alloc(32, n).toString('base64'));
    const config = loadConfig({
      PODLIFT_MASTER_KEY_FILE: write('key', `${KEY}\n`),
      PODLIFT_MASTER_KEYS_OLD_FILE: write('old', `${first}\n${second}\n${KEY}\n`),
    });
    expect(Buffer.from(config.masterKey).toString('base64')).toBe(KEY);
    expect(config.oldMasterKeys.map((key) => Buffer.from(key).toString('base64'))).toEqual([first, second]);
    expect(config.sources.masterKey).toBe('PODLIFT_MASTER_KEY_FILE');
    expect(config.warnings).toEqual([]);
  });

  test('that cannot be read, or stand beside the variable, are told by name', () => {
    expect(problemsOf({ PODLIFT_MASTER_KEY_FILE: join(dataDir, 'nowhere') })).toEqual([
      expect.objectContaining({ variable: 'PODLIFT_MASTER_KEY_FILE', problem: expect.stringContaining('ENOENT') }),
    ]);
    expect(problemsOf({ PODLIFT_MASTER_KEY: KEY, PODLIFT_MASTER_KEY_FILE: write('key', KEY) })).toEqual([
      expect.objectContaining({ variable: 'PODLIFT_MASTER_KEY_FILE', fix: 'Set only one of them.' }),
    ]);
    const [spoilt] = problemsOf({ PODLIFT_MASTER_KEY: KEY, PODLIFT_MASTER_KEYS_OLD: `${KEY},c2hvcnQ=` });
    expect(spoilt).toMatchObject({ variable: 'PODLIFT_MASTER_KEYS_OLD' });
    expect(JSON.stringify(spoilt)).not.toContain('c2hvcnQ=');
  });
});

describe('the place of files', () => {
  const placeOf = (env: Env) => filesPlace(loadConfig({ PODLIFT_MASTER_KEY: KEY, ...env }));

  test('is the data directory, or a bucket with what it needs', () => {
    expect(placeOf({})).toEqual({ kind: 'disk' });
    expect(placeOf({ PODLIFT_FILES_URL: 's3://shop/podlift/?region=eu-central-1&encryption=AES256' })).toEqual({
      kind: 's3',
      bucket: 'shop',
      prefix: 'podlift/',
      region: 'eu-central-1',
      pathStyle: false,
      encryption: 'AES256',
    });
    const url = 's3://shop?endpoint=http://127.0.0.1:9000';
    expect(placeOf({ PODLIFT_FILES_URL: url, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' })).toMatchObject(
      {
        endpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
        pathStyle: true,
        credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      },
    );
  });

  test('needs both halves of a key, and shows neither', () => {
    const env = { PODLIFT_FILES_URL: 's3://shop?region=eu', PODLIFT_FILES_ACCESS_KEY: 'id' };
    expect(problemsOf(env)).toEqual([expect.objectContaining({ variable: 'PODLIFT_FILES_SECRET_KEY' })]);
    expect(JSON.stringify(problemsOf({ PODLIFT_FILES_URL: 's3://id:hunter2@shop' }))).not.toContain('hunter2');
  });
});

describe('describeConfig', () => {
  test('shows values, their origin and no secret', () => {
    const rows = describeConfig(
      loadConfig({
        PODLIFT_MASTER_KEY: KEY,
        DATABASE_URL: 'postgres://app:hunter2@db/podlift?password=hunter3',
        PODLIFT_METRICS_TOKEN: 'correct-horse-battery',
      }),
    );
    const text = JSON.stringify(rows);
    for (const secret of [KEY, 'hunter2', 'hunter3', 'correct-horse']) expect(text).not.toContain(secret);
    expect(rows.find((row) => row.name === 'databaseUrl')?.value).toContain('app:********@db');
    expect(rows.find((row) => row.name === 'port')).toMatchObject({ value: '3000', source: 'default' });
  });
});
