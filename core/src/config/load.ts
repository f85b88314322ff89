import type { z } from 'zod';
import { readFileSync } from 'node:fs';
import { ConfigError, type ConfigProblem } from './errors.ts';
import { ensureMasterKeyFile, MASTER_KEY_FILE } from './master-key.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';

/** Environment variables as `process.env` holds them. */
export type Env = Readonly<Record<string, string | undefined>>;

type Values = { readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]['schema']> };

/** What kind of installation this is. */
export type Mode = Values['mode'];
/** The least important line that is logged. */
export type LogLevel = Values['logLevel'];

/** Everything the installation was told, checked and complete. */
export interface Config extends Omit<Values, 'masterKey' | 'oldMasterKeys' | 'publicUrl' | 'strict' | 'drainMs'> {
  /** How long a node that is stopped goes on answering after it said so. */
  readonly drainMs: number;
  /** The newest key. What it seals now is said by the keyring, which follows it with `podlift secrets rotate`. */
  readonly masterKey: Uint8Array;
  /** Earlier keys, which may still be in use. */
  readonly oldMasterKeys: readonly Uint8Array[];
  readonly publicUrl: string;
  readonly strict: boolean;
  /** Where each value came from: a variable's name, `override`, `default` or a file. */
  readonly sources: Readonly<Record<SettingName, string>>;
  /** What is odd but not wrong, one sentence each. */
  readonly warnings: readonly string[];
}

/** Values that win over the environment: command-line options and tests. */
export type ConfigOverrides = { readonly [K in SettingName]?: z.input<(typeof SETTINGS)[K]['schema']> };

/** Longer than balancers usually take to ask again. */
const PRODUCTION_DRAIN_MS = 5000;

const names = Object.keys(SETTINGS) as SettingName[];

/**
 * Reads the configuration, or throws a {@link ConfigError} that lists everything that is wrong with it.
 * Without PODLIFT_MASTER_KEY the key is kept in the data directory; production refuses that.
 *
 * @example
 * ```ts
 * const config = loadConfig(process.env, { port: 8080 });
 * ```
 */
export function loadConfig(env: Env, overrides: ConfigOverrides = {}): Config {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const name of names) {
    const setting: Setting = SETTINGS[name];
    const { raw, source } = pick(name, setting, env, overrides, problems);
    const parsed = setting.schema.safeParse(raw);
    sources[name] = source;
    if (parsed.success) values[name] = parsed.data;
    else problems.push(toProblem(setting, source, raw, parsed.error));
  }
  // Each value was just parsed by the schema that stands under its name.
  const read = values as unknown as Values;
  if (read.filesUrl !== undefined && (read.filesAccessKey === undefined) !== (read.filesSecretKey === undefined))
    problems.push(ConfigError.filesKeyHalf(read.filesAccessKey === undefined));
  const masterKey = read.masterKey ?? findMasterKey(read, sources, problems);
  if (problems.length > 0 || !masterKey) throw new ConfigError(problems);
  return {
    ...read,
    masterKey,
    oldMasterKeys: read.oldMasterKeys.filter((one) => Buffer.compare(one, masterKey) !== 0),
    publicUrl: read.publicUrl ?? `http://${hostInUrl(read.host)}:${read.port}`,
    strict: read.strict ?? read.mode !== 'production',
    drainMs: read.drainMs ?? (read.mode === 'production' ? PRODUCTION_DRAIN_MS : 0),
    sources: sources as Record<SettingName, string>,
    warnings: findWarnings(env, read),
  };
}

function pick(
  name: SettingName,
  setting: Setting,
  env: Env,
  overrides: ConfigOverrides,
  problems: ConfigProblem[],
): { readonly raw: unknown; readonly source: string } {
  if (overrides[name] !== undefined) return { raw: overrides[name], source: 'override' };
  const isSet = (variable: string): boolean => env[variable] !== undefined && env[variable] !== '';
  const variable = setting.variables.find(isSet);
  const file = setting.secret && setting.variables.map(fileVariable).find(isSet);
  if (file && variable) problems.push(ConfigError.fileBesideValue(variable, file));
  if (variable) return { raw: env[variable], source: variable };
  if (!file) return { raw: undefined, source: 'default' };
  try {
    return { raw: readFileSync(env[file] ?? '', 'utf8').trim(), source: file };
  } catch (error) {
    problems.push(ConfigError.fileUnreadable(file, error instanceof Error ? error.message : String(error)));
    return { raw: undefined, source: file };
  }
}

/** A secret may stand in a file, as secret stores of containers mount it. */
const fileVariable = (variable: string): string => `${variable}_FILE`;

function toProblem(setting: Setting, source: string, raw: unknown, error: z.ZodError): ConfigProblem {
  const said = error.issues[0]?.message ?? '';
  const shown = setting.secret ? '' : ` ${JSON.stringify(raw)}`;
  const problem = /^(?:is|has|holds|names|does) /.test(said)
    ? `the value${shown} ${said}.`
    : `the value${shown} does not fit.`;
  const variable = source === 'override' ? `${setting.variables[0]} (given on the command line)` : source;
  return { variable, problem, fix: setting.fix };
}

function findMasterKey(read: Values, sources: Record<string, string>, problems: ConfigProblem[]) {
  const [variable] = SETTINGS.masterKey.variables;
  if (problems.some((one) => one.variable === variable || one.variable.startsWith(`${variable}_FILE`)))
    return undefined;
  if (read.mode === 'production') return void problems.push(ConfigError.masterKeyMissing(variable));
  // A mistake elsewhere must not leave a key behind in a folder that was not meant.
  if (problems.length > 0) return undefined;
  try {
    sources['masterKey'] = `file ${MASTER_KEY_FILE} in the data directory`;
    return ensureMasterKeyFile(read.dataDir);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return void problems.push(ConfigError.masterKeyFileUnreadable(variable, `${read.dataDir}/${MASTER_KEY_FILE}`, why));
  }
}

const hostInUrl = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

function findWarnings(env: Env, read: Values): string[] {
  const known = new Set<string>(
    names.flatMap((name) => {
      const { variables, secret }: Setting = SETTINGS[name];
      return secret ? [...variables, ...variables.map(fileVariable)] : variables;
    }),
  );
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith('PODLIFT_') && !known.has(name))
    .map((name) => `${name} is not a variable that Podlift knows; see \`podlift config\`.`);
  const noUrl =
    read.mode === 'production' && !read.publicUrl
      ? ['PODLIFT_PUBLIC_URL is not set: links in mails and sign-in will point to the listening address.']
      : [];
  return [...unknown, ...noUrl];
}
