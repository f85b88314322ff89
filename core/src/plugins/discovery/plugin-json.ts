import { fingerprint, type PluginJson } from '@podlift/sdk/kernel';
import { z } from 'zod';

const Id = z.string().regex(/^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39}$/, 'is not <publisher>.<name>');
const Contract = z.string().regex(/@[1-9]\d*$/, 'is not <name>@<major>');
const Schema = z.record(z.string(), z.unknown());
const Methods = z.record(z.string(), z.looseObject({ timeoutMs: z.number().positive().optional() }));
const Text = z.union([z.string(), z.looseObject({ en: z.string() })]);
const Strings = z.array(z.string());

const Data = z.looseObject({
  migrations: Strings,
  publishes: z.array(z.looseObject({ id: Contract, view: z.string() })),
  reads: z.array(Contract),
  ingest: z.array(
    z.object({ name: z.string(), columns: z.record(z.string(), z.string()), quota: z.string().optional() }),
  ),
});

const Notification = z.looseObject({
  name: z.string(),
  title: Text,
  body: Text,
  category: z.enum(['activity', 'results', 'problems', 'billing']),
  severity: z.enum(['info', 'warning', 'critical']),
  channels: Strings,
});

const Declares = z.looseObject({
  contributions: z.array(z.looseObject({ point: Contract, id: z.string(), data: z.unknown(), methods: Methods })),
  services: z.array(z.looseObject({ id: Contract, methods: Methods })),
  events: z.array(
    z.object({
      id: Contract,
      mode: z.enum(['each', 'batch']),
      accepts: z.array(Contract).min(1),
      replay: z.literal('refuse').optional(),
    }),
  ),
  jobs: z.array(z.looseObject({ name: z.string(), schema: Schema, cron: z.string().optional() })),
  commands: z.array(z.looseObject({ name: z.string(), description: z.string(), options: Schema })),
  document: Schema.optional(),
  health: z.boolean(),
  subject: z.literal(true).optional(),
  tenant: z.array(z.enum(['enable', 'disable', 'purge'])),
});

/** Everything that the host reads of plugin.json; fields that it does not know stay as they are. */
const Shape = z.looseObject({
  id: Id,
  version: z.string().min(1),
  sdk: z.string().min(1),
  license: z.string().min(1),
  title: Text,
  capabilities: Strings,
  optionalCapabilities: Strings,
  hosts: Strings,
  secrets: Strings,
  settings: Schema.optional(),
  requires: z.record(z.string(), Contract),
  optional: z.record(z.string(), Contract),
  provides: z.array(z.looseObject({ id: Contract, methods: Methods })),
  opens: z.array(z.looseObject({ id: Contract, data: Schema, methods: Methods })),
  emits: z.array(z.looseObject({ id: Contract, permission: z.string().optional() })),
  consumes: z.array(Contract),
  notifications: z.array(Notification).optional(),
  collections: z.record(
    z.string(),
    z.looseObject({
      schema: Schema,
      indexes: z.array(Strings),
      unique: z.array(Strings),
      privacy: z.record(z.string(), z.unknown()),
    }),
  ),
  data: Data.optional(),
  flags: z
    .record(
      z.string(),
      z.looseObject({
        type: z.enum(['boolean', 'variants']),
        description: Text,
        default: z.union([z.boolean(), z.string()]).optional(),
        variants: Strings.optional(),
        override: z.enum(['operator', 'tenant']).optional(),
      }),
    )
    .optional(),
  meters: z
    .record(z.string(), z.looseObject({ unit: z.string(), description: Text, exact: z.boolean().optional() }))
    .optional(),
  permissions: z.record(z.string(), z.looseObject({ title: Text, roles: Strings })),
  prefixes: Strings,
  limits: z.looseObject({
    handlerMs: z.number().positive().optional(),
    concurrency: z.int().positive().optional(),
  }),
  declares: Declares,
});

/** A plugin.json as read, or what is wrong with it in one sentence. */
export type ReadPluginJson =
  | { readonly ok: true; readonly json: PluginJson; readonly digest: string }
  | { readonly ok: false; readonly id?: string; readonly version?: string; readonly reason: string };

/** How many wrong fields a sentence names. */
const MAX_NAMED = 3;

/** Parses the text of a plugin.json. Nothing of the plugin runs. */
export function parsePluginJson(text: string): ReadPluginJson {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return {
      ok: false,
      reason: `its plugin.json is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  const parsed = Shape.safeParse(given);
  // The shape was just checked field by field; what it leaves open (texts, privacy) is only shown.
  if (parsed.success) return { ok: true, json: given as PluginJson, digest: fingerprint(given) };
  const { issues } = parsed.error;
  const named = issues.slice(0, MAX_NAMED).map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  const more = issues.length > MAX_NAMED ? `; and ${issues.length - MAX_NAMED} more` : '';
  const about = z.looseObject({ id: Id, version: z.string() }).safeParse(given).data;
  return {
    ok: false,
    ...(about && { id: about.id, version: about.version }),
    reason: `its plugin.json does not fit (${named.join('; ')}${more}); run pnpm freeze`,
  };
}
