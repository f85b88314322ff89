import { z } from '@hono/zod-openapi';
import { translate } from '@podlift/sdk';
import type { PluginDetails, PluginSummary } from '../describe.ts';

export const STATES = ['discovered', 'migrating', 'starting', 'active', 'degraded', 'disabled', 'stopped'] as const;
/** Whether a plugin answers for a workspace, and if not, why. */
export const STANDINGS = ['open', 'disabled', 'consent', 'down'] as const;

const summary = {
  id: z.string(),
  version: z.string(),
  title: z.string(),
  state: z.enum(STATES),
  reason: z.string().optional(),
  since: z.iso.datetime(),
};
const strings = z.array(z.string());

export const Summary = z.object(summary).openapi('Plugin');
export const TenantSummary = z.object({ ...summary, standing: z.enum(STANDINGS) }).openapi('WorkspacePlugin');
export const Details = z
  .object({
    ...summary,
    description: z.string().optional(),
    license: z.string().optional(),
    capabilities: strings,
    optionalCapabilities: strings,
    hosts: strings,
    secrets: strings,
    permissions: strings,
    requires: strings,
    provides: strings,
    opens: strings,
    contributes: strings,
    emits: strings,
    consumes: strings,
    paths: strings,
    settings: z.record(z.string(), z.unknown()).optional(),
    missingWithout: z.object({
      plugins: strings,
      services: strings,
      points: strings,
      views: strings,
      entries: strings,
      paths: strings,
      events: strings,
    }),
  })
  .openapi('PluginDetails');
export const TenantDetails = Details.extend({ standing: z.enum(STANDINGS) }).openapi('WorkspacePluginDetails');
export const Grants = z.strictObject({ grants: z.record(z.string(), z.boolean()) }).openapi('PluginGrants');
export const params = z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' } }) });

/** A summary as JSON: English titles, instants as text. */
export const plainSummary = ({ title, since, ...one }: PluginSummary) => ({
  ...one,
  title: translate(title),
  since: new Date(since).toISOString(),
});

/** Details as JSON. */
export function plainDetails({ title, description, since, settings, missingWithout, ...one }: PluginDetails) {
  const lists = Object.fromEntries(
    Object.entries(one).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
  );
  return Details.parse({
    ...lists,
    title: translate(title),
    ...(description !== undefined && { description: translate(description) }),
    since: new Date(since).toISOString(),
    ...(settings && { settings }),
    missingWithout,
  });
}
