/** @module What ingest keeps in memory of each tenant, so that an event asks nobody: the hash secret and the catalogue. */
import { randomBytes } from 'node:crypto';
import { PodliftError, token } from '@podlift/sdk';
import { createCatalogIndex, EMPTY_CATALOG, type CatalogIndex } from './catalog-index.ts';
import { secretIngestion } from './ingestions.ts';
import { createHouseholdKeys, type HouseholdKeys } from './keys.ts';
import { KnownLinks } from './known-links.ts';
import type { Ctx } from './manifest.ts';

export interface TenantState {
  readonly keys: HouseholdKeys;
  readonly catalog: CatalogIndex;
  readonly links: KnownLinks;
}
interface Held extends TenantState {
  readonly version: string | undefined;
  readonly checkedAt: number;
}

/** After this many milliseconds the catalogue is asked whether it changed; the event about a change reaches only one of many nodes. */
const FRESH_MS = 5000;
/** Tenants that are kept; the one that was not used for longest goes first. */
const MAX_TENANTS = 2000;
const PURPOSE = 'household';

/** One per process. */
export class TenantStates {
  readonly #held = new Map<string, Held>();
  readonly #loading = new Map<string, Promise<Held>>();

  /** The state of the caller's tenant; a promise only when something must be read. Hot path. */
  of(ctx: Ctx): TenantState | Promise<TenantState> {
    const held = this.#held.get(ctx.tenant);
    if (held && ctx.now().getTime() - held.checkedAt < FRESH_MS) return held;
    return this.refresh(ctx);
  }

  /** Reads what changed. Callers that come meanwhile wait for the same answer. */
  async refresh(ctx: Ctx): Promise<TenantState> {
    const running = this.#loading.get(ctx.tenant);
    // The other caller may end before its answer came; its failure is not ours.
    if (running) return running.catch(() => this.#load(ctx));
    const loading = this.#load(ctx);
    this.#loading.set(ctx.tenant, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(ctx.tenant);
    }
  }

  /** Makes the next call read the catalogue again. */
  forget(tenant: string): void {
    const held = this.#held.get(tenant);
    if (held) this.#held.set(tenant, { ...held, checkedAt: -Infinity });
  }

  async #load(ctx: Ctx): Promise<Held> {
    const before = this.#held.get(ctx.tenant);
    const keys = before?.keys ?? createHouseholdKeys(await readSecret(ctx));
    const found = await readCatalog(ctx, before);
    const links = before?.links ?? new KnownLinks();
    const held: Held = { keys, links, ...found, checkedAt: ctx.now().getTime() };
    this.#held.delete(ctx.tenant);
    this.#held.set(ctx.tenant, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_TENANTS && oldest !== undefined) this.#held.delete(oldest);
    return held;
  }
}
export const tenantStates = token<TenantStates>('tracking.tenant-states@1');

async function readCatalog(ctx: Ctx, before: Held | undefined): Promise<Pick<Held, 'catalog' | 'version'>> {
  const service = ctx.services.catalog;
  if (!service) return { catalog: before?.catalog ?? EMPTY_CATALOG, version: before?.version };
  try {
    const snapshot = await service.snapshot({ ...(before?.version !== undefined && { known: before.version }) });
    if (snapshot.unchanged && before) return { catalog: before.catalog, version: before.version };
    return { catalog: createCatalogIndex(snapshot), version: snapshot.version };
  } catch (error) {
    // Yesterday's catalogue names nearly all campaigns; none at all would lose them, so then the sender has to try again.
    if (!before) throw error;
    ctx.log.warn('the catalogue cannot be read, the last one is used', {
      error: error instanceof Error ? error.message : 'unknown',
    });
    return { catalog: before.catalog, version: before.version };
  }
}

/** Just the keys of the caller's tenant, for who needs no catalogue. */
export const readKeys = async (ctx: Ctx): Promise<HouseholdKeys> => createHouseholdKeys(await readSecret(ctx));

/** The tenant's secret. It is committed on its own before anything is hashed with it. */
async function readSecret(ctx: Ctx): Promise<Uint8Array> {
  const known = await selectSecret(ctx);
  if (known) return known;
  await ctx.ingest(secretIngestion, { purpose: [PURPOSE], secret: [randomBytes(32).toString('base64url')] });
  const made = await selectSecret(ctx);
  if (!made) throw new PodliftError('tracking.secret_missing', 'the secret of the household keys could not be stored');
  return made;
}

async function selectSecret(ctx: Ctx): Promise<Uint8Array | undefined> {
  const [row] = await ctx.db.query<{ secret: string }>(
    'select secret from hash_secret where tenant_id = $1 and purpose = $2',
    [ctx.db.tenant, PURPOSE],
  );
  return row && Buffer.from(row.secret, 'base64url');
}
