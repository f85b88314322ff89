import { resolveTxt } from 'node:dns/promises';
import { randomBytes } from 'node:crypto';
import type { Witness } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import { hostName, type TenantDirectory } from './directory.ts';
import { TenantError } from './errors.ts';

/** A host name of a tenant's own. It leads to the tenant only when it was proven to be theirs. */
export interface TenantDomain {
  readonly domain: string;
  /** The TXT record that proves it. */
  readonly record: string;
  readonly proof: string;
  readonly verifiedAt: Date | null;
}

export interface Domains {
  list(tenant: string): Promise<TenantDomain[]>;
  add(tenant: string, domain: string, witness?: Witness<string>): Promise<TenantDomain>;
  /** Looks the TXT record up and throws when it is not there. */
  verify(tenant: string, domain: string, witness?: Witness<string>): Promise<TenantDomain>;
  remove(tenant: string, domain: string, witness?: Witness<string>): Promise<boolean>;
  /** Whether a proven domain of some tenant has this host name. */
  isKnown(host: string): Promise<boolean>;
}

export interface DomainsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly directory: TenantDirectory;
  readonly baseDomain: string | undefined;
  readonly ownHost: string;
  /** DNS, so that a test can answer. */
  readonly lookUpTxt?: (name: string) => Promise<string[][]>;
}

const SHAPE = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
const RECORD = '_podlift-challenge';

const COLUMNS = `domain, '${RECORD}.' || domain as record, proof, verified_at as "verifiedAt"`;
const LIST = `select ${COLUMNS} from core.tenant_domain where tenant_id = $1 order by domain`;
const ADD = `insert into core.tenant_domain (domain, tenant_id, proof, created_at) values ($2, $1, $3, $4)
  on conflict (domain) do update set tenant_id = excluded.tenant_id, proof = excluded.proof, created_at = excluded.created_at
  where core.tenant_domain.verified_at is null and core.tenant_domain.tenant_id <> excluded.tenant_id
  returning ${COLUMNS}`;
const FIND = `select ${COLUMNS} from core.tenant_domain where tenant_id = $1 and domain = $2`;
const VERIFY = `update core.tenant_domain set verified_at = $3 where tenant_id = $1 and domain = $2 returning ${COLUMNS}`;
const REMOVE = 'delete from core.tenant_domain where tenant_id = $1 and domain = $2 returning 1';
const KNOWN = 'select 1 from core.tenant_domain where domain = $1 and verified_at is not null';

export function createDomains(deps: DomainsDeps): Domains {
  const { database, clock, directory, baseDomain, ownHost, lookUpTxt = resolveTxt } = deps;
  const find = async (tenant: string, domain: string): Promise<TenantDomain | undefined> =>
    (await database.query<TenantDomain>(FIND, [tenant, domain]))[0];

  /** One change of one domain and its row of the audit trail, committed together. */
  const change = (tenant: string, domain: string, sql: string, values: readonly unknown[], witness?: Witness<string>) =>
    database.withTenant({ tenant }, async (tx: Tx) => {
      const [row] = await tx.query<TenantDomain>(sql, [tenant, domain, ...values]);
      if (row) await witness?.(tx, domain);
      return row;
    });

  return {
    list: (tenant) => database.query<TenantDomain>(LIST, [tenant]),
    async add(tenant, given, witness) {
      const domain = hostName(given);
      if (!SHAPE.test(domain)) throw TenantError.badDomain(domain, 'It is not a domain name.');
      if (domain === ownHost || domain === baseDomain || (baseDomain && domain.endsWith(`.${baseDomain}`)))
        throw TenantError.badDomain(domain, 'It belongs to this installation.');
      const proof = `podlift-${randomBytes(18).toString('base64url')}`;
      // A domain that somebody named and never proved does not lock out whom it belongs to.
      const row = await change(tenant, domain, ADD, [proof, new Date(clock.now())], witness);
      const own = row ?? (await find(tenant, domain));
      if (!own) throw TenantError.domainTaken(domain);
      return own;
    },
    async verify(tenant, given, witness) {
      const domain = hostName(given);
      const own = await find(tenant, domain);
      if (!own) throw TenantError.badDomain(domain, 'It is not a domain of this workspace.');
      const records = await lookUpTxt(own.record).catch(() => []);
      if (!records.some((parts) => parts.join('') === own.proof))
        throw TenantError.domainUnproven(domain, own.record, own.proof);
      const row = await change(tenant, domain, VERIFY, [new Date(clock.now())], witness);
      directory.forget();
      return row ?? own;
    },
    async remove(tenant, given, witness) {
      const row = await change(tenant, hostName(given), REMOVE, [], witness);
      directory.forget();
      return row !== undefined;
    },
    isKnown: async (host) => (await database.query(KNOWN, [hostName(host)])).length > 0,
  };
}
