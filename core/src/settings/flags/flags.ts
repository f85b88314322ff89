import type { Clock } from '../../config/index.ts';
import type { Database, Queryable } from '../../data/index.ts';
import { createFresh } from '../fresh.ts';
import {
  configProblems,
  fits,
  FlagConfig,
  NO_CONFIG,
  valuesOf,
  type FlagDefinition,
  type FlagValue,
} from './definition.ts';
import { FlagError } from './errors.ts';
import { compileFlag, type CompiledFlag, type Evaluation, type FlagSubject } from './evaluate.ts';
import {
  configHistory,
  flagKey,
  overrideHistory,
  readConfigs,
  readOverrides,
  saveConfig,
  saveOverride,
  type FlagChange,
  type Versioned,
} from './store.ts';

/** Who asks for flags. */
export interface FlagAsker {
  readonly tenant: string;
  readonly actor?: { readonly kind: string; readonly id: string };
  readonly role?: string;
}

/** A flag with everything that operators said about it. */
export interface FlagInfo extends FlagDefinition {
  readonly owner: string;
  readonly name: string;
  readonly config: FlagConfig;
  readonly version: number;
}

/** How something is saved: who, what they saw, what else in the same transaction. */
export interface FlagSaving {
  readonly by: string;
  readonly expected?: number;
  readonly within?: (tx: Queryable) => Promise<unknown>;
}

/** Switches that are turned without a release: declared by core and plugins, decided by operators, and by tenants where that is allowed. */
export interface Flags {
  /** Declares the flags of an owner; replaces what it declared before. */
  declare(owner: string, flags: Readonly<Record<string, FlagDefinition>>): void;
  withdraw(owner: string): void;
  /** What every flag of an owner is for who asks: at once when what is known of the tenant is fresh. Hot path of plugin calls. */
  values(owner: string, asker: FlagAsker): Values | Promise<Values>;
  /** What one flag is, and why. */
  explain(
    owner: string,
    name: string,
    asker: FlagAsker,
  ): Promise<Evaluation & { readonly override: Versioned<FlagValue | null> }>;
  list(): Promise<FlagInfo[]>;
  get(owner: string, name: string): Promise<FlagInfo>;
  /** What an operator says; returns the new version. */
  configure(owner: string, name: string, config: unknown, saving: FlagSaving): Promise<FlagInfo>;
  /** Off or on for everybody at once, whatever version was seen. */
  kill(owner: string, name: string, killed: boolean, saving: FlagSaving): Promise<FlagInfo>;
  /** What holds in one tenant; null takes it back. */
  override(
    tenant: string,
    owner: string,
    name: string,
    value: unknown,
    saving: FlagSaving & { readonly operator: boolean },
  ): Promise<number>;
  history(owner: string, name: string, limit?: number): Promise<FlagChange<FlagConfig>[]>;
  overrideHistory(tenant: string, owner: string, name: string, limit?: number): Promise<FlagChange<FlagValue | null>[]>;
}

type Values = Readonly<Record<string, FlagValue>>;
type Attributes = Readonly<Record<string, string | undefined>>;

export interface FlagsDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** What rules may ask of a tenant: `tenant.plan` … */
  readonly attributesOf: (tenant: string) => Promise<Attributes>;
  readonly onError?: (error: unknown) => void;
  /** Other nodes see a change within so long. */
  readonly mostMs?: number;
}

interface TenantKnown {
  readonly overrides: ReadonlyMap<string, Versioned<FlagValue | null>>;
  readonly attributes: Attributes;
}

const FRESH_MS = 1000;
const MOST_MS = 3000;
const NOTHING: Versioned<null> = { value: null, version: 0 };

export function createFlags(deps: FlagsDeps): Flags {
  const { database, clock, attributesOf, onError = () => undefined, mostMs = MOST_MS } = deps;
  const declared = new Map<string, Readonly<Record<string, FlagDefinition>>>();
  const times = { freshMs: Math.min(FRESH_MS, mostMs), mostMs, onError };
  const configs = createFresh({ ...times, load: () => readConfigs(database) });
  const tenants = createFresh<TenantKnown>({
    ...times,
    load: async (tenant) => {
      const [overrides, attributes] = await Promise.all([readOverrides(database, tenant), attributesOf(tenant)]);
      return { overrides, attributes };
    },
  });
  /** Compiled once for each version of what operators said. */
  const compiled = new WeakMap<object, CompiledFlag>();

  const definitionOf = (owner: string, name: string): FlagDefinition => {
    const flags = declared.get(owner);
    const found = flags && Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (!found) throw FlagError.unknown(flagKey(owner, name));
    return found;
  };
  const compile = (
    owner: string,
    name: string,
    definition: FlagDefinition,
    said: Versioned<FlagConfig> | undefined,
  ): CompiledFlag => {
    // Without a word of operators, the definition itself is what is remembered.
    const key = said ?? definition;
    const known = compiled.get(key);
    if (known) return known;
    const config = said ? usable(definition, said.value) : NO_CONFIG;
    const made = compileFlag(flagKey(owner, name), definition, config);
    compiled.set(key, made);
    return made;
  };
  const subjectOf = ({ tenant, actor, role }: FlagAsker, attributes: Attributes): FlagSubject => ({
    tenant,
    attributes: {
      ...attributes,
      'tenant.id': tenant,
      'actor.kind': actor?.kind,
      'actor.id': actor?.id,
      'actor.role': role,
    },
    ...(actor && actor.kind !== 'system' && { actor: `${actor.kind}:${actor.id}` }),
  });
  const overrideFor = (
    definition: FlagDefinition,
    said: Versioned<FlagValue | null> | undefined,
  ): FlagValue | undefined => (said && fits(definition, said.value) ? said.value : undefined);

  const evaluateAll = (
    owner: string,
    asker: FlagAsker,
    said: ReadonlyMap<string, Versioned<FlagConfig>>,
    { overrides, attributes }: TenantKnown,
  ): Values => {
    const subject = subjectOf(asker, attributes);
    const now = clock.now();
    const values: Record<string, FlagValue> = {};
    for (const [name, definition] of Object.entries(declared.get(owner) ?? {})) {
      const key = flagKey(owner, name);
      const flag = compile(owner, name, definition, said.get(key));
      values[name] = flag.evaluate(subject, overrideFor(definition, overrides.get(key)), now).value;
    }
    return values;
  };
  const info = (owner: string, name: string, definition: FlagDefinition, said?: Versioned<FlagConfig>): FlagInfo => ({
    owner,
    name,
    ...definition,
    config: said ? usable(definition, said.value) : NO_CONFIG,
    version: said?.version ?? 0,
  });
  const get: Flags['get'] = async (owner, name) => {
    const definition = definitionOf(owner, name);
    return info(owner, name, definition, (await readConfigs(database)).get(flagKey(owner, name)));
  };
  const configure = async (owner: string, name: string, config: FlagConfig, saving: FlagSaving): Promise<FlagInfo> => {
    const definition = definitionOf(owner, name);
    const version = await saveConfig(database, owner, name, config, { ...saving, at: new Date(clock.now()) });
    configs.forget();
    return info(owner, name, definition, { value: config, version });
  };

  return {
    declare: (owner, flags) => void declared.set(owner, flags),
    withdraw: (owner) => void declared.delete(owner),
    values(owner, asker) {
      const said = configs.get('');
      const known = tenants.get(asker.tenant);
      if (said instanceof Promise || known instanceof Promise)
        return Promise.all([said, known]).then(([all, one]) => evaluateAll(owner, asker, all, one));
      return evaluateAll(owner, asker, said, known);
    },
    async explain(owner, name, asker) {
      const definition = definitionOf(owner, name);
      const [said, { overrides, attributes }] = await Promise.all([configs.get(''), tenants.get(asker.tenant)]);
      const key = flagKey(owner, name);
      const override = overrides.get(key);
      const flag = compile(owner, name, definition, said.get(key));
      const explained = flag.explain(subjectOf(asker, attributes), overrideFor(definition, override), clock.now());
      return { ...explained, override: override ?? NOTHING };
    },
    async list() {
      const said = await readConfigs(database);
      return [...declared]
        .flatMap(([owner, flags]) =>
          Object.entries(flags).map(([name, definition]) =>
            info(owner, name, definition, said.get(flagKey(owner, name))),
          ),
        )
        .toSorted((a, b) => (flagKey(a.owner, a.name) < flagKey(b.owner, b.name) ? -1 : 1));
    },
    get,
    async configure(owner, name, given, saving) {
      const definition = definitionOf(owner, name);
      return configure(owner, name, parseConfig(flagKey(owner, name), definition, given), saving);
    },
    async kill(owner, name, killed, saving) {
      const { config } = await get(owner, name);
      return configure(owner, name, { ...config, killed }, saving);
    },
    async override(tenant, owner, name, value, { operator, ...saving }) {
      const flag = flagKey(owner, name);
      const definition = definitionOf(owner, name);
      if (!operator && definition.override !== 'tenant') throw FlagError.operatorsOnly(flag);
      if (value !== null && !fits(definition, value))
        throw FlagError.invalid(flag, [
          { path: ['value'], message: `Is not a value of this flag: ${valuesOf(definition)}.` },
        ]);
      // Whoever is no tenant has no attributes: nothing is kept for them.
      await tenants.get(tenant);
      const version = await database.withTenant({ tenant }, (tx) =>
        saveOverride(tx, owner, name, value, { ...saving, at: new Date(clock.now()) }),
      );
      tenants.forget(tenant);
      return version;
    },
    history: (owner, name, limit = 50) => configHistory(database, owner, name, limit),
    overrideHistory: (tenant, owner, name, limit = 50) => overrideHistory(database, tenant, owner, name, limit),
  };
}

function parseConfig(flag: string, definition: FlagDefinition, given: unknown): FlagConfig {
  const parsed = FlagConfig.safeParse(given);
  const problems = parsed.success
    ? configProblems(definition, parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  if (!parsed.success || problems.length > 0) throw FlagError.invalid(flag, problems);
  return parsed.data;
}

/** What was said of an earlier declaration of the flag counts only where it still can: a variant that is gone is chosen for nobody. */
function usable(definition: FlagDefinition, config: FlagConfig): FlagConfig {
  if (configProblems(definition, config).length === 0) return config;
  const { value, ...rest } = config;
  const rules = config.rules.filter(
    (rule) => configProblems(definition, { killed: false, rules: [rule] }).length === 0,
  );
  return { ...rest, rules, ...(value !== undefined && fits(definition, value) && { value }) };
}
