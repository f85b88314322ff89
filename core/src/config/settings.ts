import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { parseFilesUrl } from './files-place.ts';

/** One value of the configuration: the variables it is read from, what it may be, and what to say when it is not. */
export interface Setting {
  /** The variable, and older or customary names that are read when it is not set. */
  readonly variables: readonly [string, ...string[]];
  readonly schema: z.ZodType;
  /** Ends the error sentence; says what a good value looks like. */
  readonly fix: string;
  readonly about: string;
  /** `whole` is never shown, `url` is shown without its password. */
  readonly secret?: 'whole' | 'url';
}

const flag = z.union([
  z.boolean(),
  z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
]);
const list = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean)
      : value,
  z.array(z.string()),
);
const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const url = (...schemes: string[]) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
    error: `is not a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });
const path = z
  .string()
  .min(1)
  .transform((text) => resolve(text));
const network = z.string().refine((text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text), {
  error: 'is not an address or a network like 10.0.0.0/8',
});
const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'is not a domain name');
const masterKey = z.union([
  z.instanceof(Uint8Array).refine((key) => key.length === 32, { error: 'is not 32 bytes long' }),
  z
    .string()
    .trim()
    .pipe(z.base64({ error: 'is not base64' }))
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .refine((key) => key.length === 32, { error: 'is not 32 bytes long' }),
]);
/** Commas in a variable, lines in a file. */
const masterKeys = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : value),
  z.array(masterKey),
);

/** Plugins of a checkout lie beside core; a published core has none of its own. */
function ownPlugins(): string {
  const beside = fileURLToPath(new URL('../../../plugins', import.meta.url));
  return existsSync(beside) ? beside : resolve('plugins');
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const MODES = ['development', 'production', 'test'] as const;

/** Every value, in the order in which `podlift config` prints them. */
export const SETTINGS = {
  mode: {
    variables: ['PODLIFT_MODE', 'NODE_ENV'],
    schema: z.enum(MODES).default('development'),
    fix: `Use one of ${MODES.join(', ')}.`,
    about: 'What kind of installation this is.',
  },
  host: {
    variables: ['PODLIFT_HOST', 'HOST'],
    schema: z.union([z.literal('localhost'), z.ipv4(), z.ipv6()]).default('127.0.0.1'),
    fix: 'Use an address of this machine, for example 127.0.0.1, or 0.0.0.0 behind a proxy.',
    about: 'The address to listen on.',
  },
  port: {
    variables: ['PODLIFT_PORT', 'PORT'],
    schema: whole(0, 65_535).default(3000),
    fix: 'Use a whole number from 0 (any free port) to 65535.',
    about: 'The port to listen on.',
  },
  publicUrl: {
    variables: ['PODLIFT_PUBLIC_URL'],
    schema: url('http', 'https')
      .transform((text) => new URL(text).href.replace(/\/$/, ''))
      .optional(),
    fix: 'Use the address under which browsers reach Podlift, for example https://podlift.example.com.',
    about: 'The address under which browsers reach this installation.',
  },
  baseDomain: {
    variables: ['PODLIFT_BASE_DOMAIN'],
    schema: domain.optional(),
    fix: 'Use a domain whose subdomains reach Podlift, for example podlift.example.com.',
    about: 'Tenants are reached at <slug>.<this domain>.',
  },
  trustedProxies: {
    variables: ['PODLIFT_TRUSTED_PROXIES'],
    schema: list.pipe(z.array(network)).default([]),
    fix: 'List addresses or networks with commas, for example 10.0.0.0/8,127.0.0.1.',
    about: 'Proxies whose X-Forwarded-* headers are believed.',
  },
  dataDir: {
    variables: ['PODLIFT_DATA_DIR'],
    schema: path.default(() => resolve('.data')),
    fix: 'Use a folder that Podlift may write to.',
    about: 'Where the embedded database, files and the first-start key are kept.',
  },
  pluginsDir: {
    variables: ['PODLIFT_PLUGINS_DIR'],
    schema: path.default(ownPlugins),
    fix: 'Use the folder that holds the plugins.',
    about: 'Where plugins are discovered.',
  },
  databaseUrl: {
    variables: ['DATABASE_URL'],
    schema: url('postgres', 'postgresql').optional(),
    fix: 'Use postgres://user:password@host:5432/database, or leave it out for the embedded database.',
    about: 'The database; may be a transaction pooler. Unset: embedded PostgreSQL.',
    secret: 'url',
  },
  databaseDirectUrl: {
    variables: ['DATABASE_DIRECT_URL'],
    schema: url('postgres', 'postgresql').optional(),
    fix: 'Use the address of the database itself, past the pooler.',
    about: 'The database without a pooler, for migrations and LISTEN.',
    secret: 'url',
  },
  backupDir: {
    variables: ['PODLIFT_BACKUP_DIR'],
    schema: path.optional(),
    fix: 'Use a folder on another disk that Podlift may write to.',
    about: 'Where backups and the log of the embedded database go, daily and as it is written. Unset: only by hand.',
  },
  backupKeyFile: {
    variables: ['PODLIFT_BACKUP_KEY_FILE'],
    schema: path.optional(),
    fix: 'Use a file with at least 16 characters that is kept apart from the backups.',
    about: 'A file whose content encrypts the backups. Unset: they are not encrypted.',
  },
  backupAt: {
    variables: ['PODLIFT_BACKUP_AT'],
    schema: z
      .string()
      .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day')
      .default('03:30'),
    fix: 'Use a time of day in UTC, for example 03:30.',
    about: 'When the daily backup is made, in UTC.',
  },
  backupKeep: {
    variables: ['PODLIFT_BACKUP_KEEP'],
    schema: z
      .string()
      .regex(/^\d{1,3},\d{1,3},\d{1,3}$/, 'is not three numbers')
      .default('7,4,12')
      .transform((text) => {
        const [daily = 7, weekly = 4, monthly = 12] = text.split(',').map(Number);
        return { daily, weekly, monthly };
      }),
    fix: 'Use numbers of days, weeks and months, for example 7,4,12.',
    about: 'How many daily, weekly and monthly backups stay.',
  },
  redisUrl: {
    variables: ['REDIS_URL'],
    schema: url('redis', 'rediss').optional(),
    fix: 'Use redis://:password@host:6379, or leave it out.',
    about: 'Redis for jobs and rate limits. Unset: PostgreSQL and memory.',
    secret: 'url',
  },
  masterKey: {
    variables: ['PODLIFT_MASTER_KEY'],
    schema: masterKey.optional(),
    fix: 'Use 32 bytes in base64; `openssl rand -base64 32` makes them.',
    about: 'Seals secrets and derives database passwords.',
    secret: 'whole',
  },
  oldMasterKeys: {
    variables: ['PODLIFT_MASTER_KEYS_OLD'],
    schema: masterKeys.default([]),
    fix: 'List earlier keys with commas, each 32 bytes in base64, or leave it out when none is needed any more.',
    about: 'Earlier master keys, while `podlift secrets rotate` has not replaced them.',
    secret: 'whole',
  },
  strict: {
    variables: ['PODLIFT_STRICT'],
    schema: flag.optional(),
    fix: 'Use true or false.',
    about: 'Freeze and check what crosses between plugins. On outside production.',
  },
  signUp: {
    variables: ['PODLIFT_SIGN_UP'],
    schema: flag.default(false),
    fix: 'Use true or false.',
    about: 'Whether strangers may register.',
  },
  logLevel: {
    variables: ['PODLIFT_LOG_LEVEL', 'LOG_LEVEL'],
    schema: z.enum(LOG_LEVELS).default('info'),
    fix: `Use one of ${LOG_LEVELS.join(', ')}.`,
    about: 'The least important line that is logged.',
  },
  metricsToken: {
    variables: ['PODLIFT_METRICS_TOKEN'],
    schema: z.string().min(16, 'is shorter than 16 characters').optional(),
    fix: 'Use at least 16 characters, or leave it out: then only this machine may read /metrics.',
    about: 'Bearer token for /metrics.',
    secret: 'whole',
  },
  bodyLimit: {
    variables: ['PODLIFT_BODY_LIMIT'],
    schema: whole(1024, 1 << 30).default(1 << 20),
    fix: 'Use a number of bytes from 1024 to 1073741824.',
    about: 'The largest request body in bytes; a route may declare its own.',
  },
  requestMs: {
    variables: ['PODLIFT_REQUEST_MS'],
    schema: whole(100, 600_000).default(30_000),
    fix: 'Use milliseconds from 100 to 600000.',
    about: 'How long a request may take until its answer begins.',
  },
  ratePerMinute: {
    variables: ['PODLIFT_RATE_PER_MINUTE'],
    schema: whole(0, 10_000_000).default(1200),
    fix: 'Use a whole number, or 0 for no limit.',
    about: 'Requests per minute that one credential or address may send; a route may declare its own.',
  },
  tenantRatePerMinute: {
    variables: ['PODLIFT_TENANT_RATE_PER_MINUTE'],
    schema: whole(0, 100_000_000).default(12_000),
    fix: 'Use a whole number, or 0 for no limit.',
    about: 'Requests per minute that all people and keys of one tenant may send together.',
  },
  shutdownMs: {
    variables: ['PODLIFT_SHUTDOWN_MS'],
    schema: whole(0, 600_000).default(10_000),
    fix: 'Use milliseconds from 0 to 600000.',
    about: 'How long requests and jobs may finish when Podlift is stopped.',
  },
  smtpUrl: {
    variables: ['PODLIFT_SMTP_URL'],
    schema: url('smtp', 'smtps', 'smtp+plain').optional(),
    fix: 'Use smtp://user:password@host:587 (STARTTLS), smtps://user:password@host:465 (TLS), or smtp+plain://host:25 without a password inside a network that is yours.',
    about: 'The mail server. Unset: mails stay in /mailbox, and in production none are sent.',
    secret: 'url',
  },
  mailFrom: {
    variables: ['PODLIFT_MAIL_FROM'],
    schema: z
      .string()
      .max(300)
      .regex(
        /^(?:[^<>@\p{Cc}]* <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u,
        'is not an address like Podlift <podlift@example.com>',
      )
      .optional(),
    fix: 'Use an address that the mail server may send from, for example Podlift <podlift@example.com>.',
    about: 'Who mails come from.',
  },
  drainMs: {
    variables: ['PODLIFT_DRAIN_MS'],
    schema: whole(0, 120_000).optional(),
    fix: 'Use milliseconds from 0 to 120000: longer than a balancer takes to notice that a node leaves.',
    about:
      'How long a node that is stopped says so at /health/ready and goes on answering. 5000 in production, else 0.',
  },
  fileQuota: {
    variables: ['PODLIFT_FILE_QUOTA'],
    schema: whole(0, Number.MAX_SAFE_INTEGER).default(10 * 2 ** 30),
    fix: 'Use a number of bytes.',
    about: 'How many bytes of files a tenant may keep.',
  },
  fileMaxBytes: {
    variables: ['PODLIFT_FILE_MAX_BYTES'],
    schema: whole(1024, 64 * 2 ** 30).default(2 ** 30),
    fix: 'Use a number of bytes from 1024 to 68719476736.',
    about: 'How large one file may be; a kind of file may declare less.',
  },
  fileGraceHours: {
    variables: ['PODLIFT_FILE_GRACE_HOURS'],
    schema: whole(0, 8760).default(24),
    fix: 'Use a whole number of hours, best as far back as you restore the database to.',
    about: 'How long the bytes of deleted files lie in the store before they are removed.',
  },
  filesUrl: {
    variables: ['PODLIFT_FILES_URL'],
    schema: z
      .string()
      .superRefine((text, context) => {
        const parsed = parseFilesUrl(text);
        if (typeof parsed === 'string') context.addIssue(parsed);
      })
      .optional(),
    fix: 'Use s3://bucket/prefix?endpoint=https://s3.example.com&region=eu-central-1 (docs/guide/operators/storage.md has all options), or leave it out to keep files in the data directory.',
    about: 'Where files are kept. Unset: in the data directory.',
    secret: 'url',
  },
  filesAccessKey: {
    variables: ['PODLIFT_FILES_ACCESS_KEY', 'AWS_ACCESS_KEY_ID'],
    schema: z.string().min(1).optional(),
    fix: 'Use the id of an access key of the store, and set PODLIFT_FILES_SECRET_KEY too.',
    about: 'Access key of the store for files. Unset: as the machine says, by its role for instance.',
  },
  filesSecretKey: {
    variables: ['PODLIFT_FILES_SECRET_KEY', 'AWS_SECRET_ACCESS_KEY'],
    schema: z.string().min(1).optional(),
    fix: 'Use the secret of the access key, and set PODLIFT_FILES_ACCESS_KEY too.',
    about: 'Secret of that access key.',
    secret: 'whole',
  },
  filesSessionToken: {
    variables: ['PODLIFT_FILES_SESSION_TOKEN', 'AWS_SESSION_TOKEN'],
    schema: z.string().min(1).optional(),
    fix: 'Use the session token that belongs to the access key, or leave it out.',
    about: 'Session token of temporary credentials.',
    secret: 'whole',
  },
  auditAnchors: {
    variables: ['PODLIFT_AUDIT_ANCHORS'],
    schema: z.union([z.literal('off'), path]).optional(),
    fix: 'Use the path of a file, best on another disk, or off.',
    about: 'Where the heads of the audit chains are written down; audit-anchors.jsonl in the data directory otherwise.',
  },
  auditAnchorLog: {
    variables: ['PODLIFT_AUDIT_ANCHOR_LOG'],
    schema: flag.default(false),
    fix: 'Use true or false.',
    about: 'Whether each audit anchor is a line in the log too, for logs that are kept on another machine.',
  },
  auditMinDays: {
    variables: ['PODLIFT_AUDIT_MIN_DAYS'],
    schema: whole(1, 36_500).default(365),
    fix: 'Use a whole number of days, at least 1.',
    about: 'How long every tenant must keep its audit trail; a tenant may keep it longer.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
