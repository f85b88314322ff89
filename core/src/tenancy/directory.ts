import type { Database } from '../data/index.ts';
import { createRecent } from './recent.ts';
import { isTenantId, TENANT_COLUMNS, type Tenant } from './tenant.ts';

/** Finds tenants by what a request can name them with. Suspended and deleted ones are found too: the edge says so. */
export interface TenantDirectory {
  byId(id: string): Promise<Tenant | undefined>;
  bySlug(slug: string): Promise<Tenant | undefined>;
  /** A slug or an id, as the header Podlift-Tenant holds it. */
  byName(slugOrId: string): Promise<Tenant | undefined>;
  /** `<slug>.<baseDomain>` or a verified domain of its own. */
  byHost(host: string): Promise<Tenant | undefined>;
  /** Forgets what was looked up, after a change. Other processes learn of it within seconds. */
  forget(): void;
}

export interface DirectoryDeps {
  readonly database: Database;
  readonly baseDomain: string | undefined;
  /** The installation's own host name, which is no tenant's. */
  readonly ownHost: string;
  readonly now: () => number;
}

/** Another process may have suspended a tenant: it takes effect here after this at the latest. */
const TTL_MS = 2000;
const MOST = 10_000;
/** Of a host name in DNS; what was looked up is remembered, whoever made it up. */
const LONGEST_NAME = 253;

const BY_ID = `select ${TENANT_COLUMNS} from core.tenants where id = $1`;
const BY_SLUG = `select ${TENANT_COLUMNS} from core.tenants where slug = $1`;
const BY_DOMAIN = `select ${TENANT_COLUMNS} from core.tenants
  where id = (select tenant_id from core.tenant_domain where domain = $1 and verified_at is not null)`;

export function createDirectory({ database, baseDomain, ownHost, now }: DirectoryDeps): TenantDirectory {
  const recent = createRecent<Tenant | undefined>({ ttlMs: TTL_MS, most: MOST, now });
  // Hot path: asked for every request.
  const find = (name: string, sql: string, value: string): Promise<Tenant | undefined> =>
    recent.get(`${name} ${value}`, async () => (await database.query<Tenant>(sql, [value], name))[0]);

  const byId = async (id: string) => (isTenantId(id) ? find('tenant_by_id', BY_ID, id.toLowerCase()) : undefined);
  const bySlug = (slug: string) => find('tenant_by_slug', BY_SLUG, slug);
  return {
    byId,
    bySlug,
    byName: (slugOrId) => (isTenantId(slugOrId) ? byId(slugOrId) : bySlug(slugOrId.toLowerCase())),
    async byHost(given) {
      const host = hostName(given);
      if (!host || host.length > LONGEST_NAME || host === ownHost || host === baseDomain) return undefined;
      if (baseDomain && host.endsWith(`.${baseDomain}`)) {
        const label = host.slice(0, -baseDomain.length - 1);
        return label.includes('.') ? undefined : bySlug(label);
      }
      return find('tenant_by_domain', BY_DOMAIN, host);
    },
    forget: () => recent.forget(),
  };
}

/** `Acme.Example.com:3000` is `acme.example.com`. */
export const hostName = (host: string): string => host.trim().toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
