import { z } from '@hono/zod-openapi';
import type { TenantDomain } from './domains.ts';
import { tenantSettingsSchema } from './tenant-settings.ts';
import type { Tenant } from './tenant.ts';

const instant = z.iso.datetime();

/** A tenant as REST shows it to an operator. */
export const TenantJson = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'deleted', 'purging', 'importing']),
    plan: z.string(),
    version: z.int().describe('Rises with every change; the ETag.'),
    disposable: z.boolean().describe('Made for a demonstration.'),
    createdAt: instant,
    updatedAt: instant,
    suspendedAt: instant.nullable(),
    suspendedReason: z.string().nullable(),
    deletedAt: instant.nullable(),
    purgeAfter: instant.nullable().describe('Until then it can be restored.'),
  })
  .openapi('Tenant');

export const toTenantJson = (tenant: Tenant): z.infer<typeof TenantJson> => ({
  id: tenant.id,
  slug: tenant.slug,
  name: tenant.name,
  status: tenant.status,
  plan: tenant.plan,
  version: tenant.version,
  disposable: tenant.disposable,
  createdAt: tenant.createdAt.toISOString(),
  updatedAt: tenant.updatedAt.toISOString(),
  suspendedAt: tenant.suspendedAt?.toISOString() ?? null,
  suspendedReason: tenant.suspendedReason,
  deletedAt: tenant.deletedAt?.toISOString() ?? null,
  purgeAfter: tenant.purgeAfter?.toISOString() ?? null,
});

export const TENANT_EXAMPLE = {
  id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e',
  slug: 'acme-audio',
  name: 'Acme Audio',
  status: 'active',
  plan: 'pro',
  version: 1,
  disposable: false,
  createdAt: '2026-11-24T20:00:00.000Z',
  updatedAt: '2026-11-24T20:00:00.000Z',
  suspendedAt: null,
  suspendedReason: null,
  deletedAt: null,
  purgeAfter: null,
} as const;

/** What everybody in a workspace may see of it. */
export const WorkspaceJson = TenantJson.pick({
  id: true,
  slug: true,
  name: true,
  plan: true,
  version: true,
  createdAt: true,
}).openapi('Workspace');

export const toWorkspaceJson = ({
  id,
  slug,
  name,
  plan,
  version,
  createdAt,
}: Tenant): z.infer<typeof WorkspaceJson> => ({
  id,
  slug,
  name,
  plan,
  version,
  createdAt: createdAt.toISOString(),
});

export const SettingsJson = tenantSettingsSchema.openapi('WorkspaceSettings');
export const SETTINGS_EXAMPLE = { timeZone: 'Europe/Vienna', currency: 'EUR', locale: 'de-AT', weekStart: 1 } as const;

export const DomainJson = z
  .object({
    domain: z.string(),
    record: z.string().describe('Name of the TXT record that proves the domain.'),
    proof: z.string().describe('Its value.'),
    verifiedAt: instant.nullable(),
  })
  .openapi('WorkspaceDomain');

export const toDomainJson = ({ domain, record, proof, verifiedAt }: TenantDomain): z.infer<typeof DomainJson> => ({
  domain,
  record,
  proof,
  verifiedAt: verifiedAt?.toISOString() ?? null,
});

export const DOMAIN_EXAMPLE = {
  domain: 'ads.acme.example',
  record: '_podlift-challenge.ads.acme.example',
  proof: 'podlift-Zq93kfLs0vRt71LmQe5pWn2b',
  verifiedAt: null,
} as const;
