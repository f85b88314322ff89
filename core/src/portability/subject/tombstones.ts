import { createHmac, randomBytes } from 'node:crypto';
import type { Identifier } from '@podlift/sdk';
import type { Queryable } from '../../data/index.ts';
import type { SubjectDeps } from './deps.ts';
import { comparable, normalize } from './identifiers.ts';
import type { Party } from './places.ts';
import { PRIVACY } from './settings.ts';
import { fingerprint, openKeys, readLines, toLine } from './journal-line.ts';
import { whose } from './resolve.ts';
import { useTenant } from '../transfer/insert.ts';

const KEY = 'erasure-key';
const CHUNK = 1000;

const INSERT = `insert into core.erasure (tenant_id, kind, hash, request, erased_at)
  select $1, e.kind, e.hash, $3, $4 from json_to_recordset($2::json) as e(kind text, hash text)
  order by e.kind, e.hash on conflict (tenant_id, kind, hash) do nothing`;
const LIST = `select kind, hash from core.erasure where tenant_id = $1 and ($2::timestamptz is null or erased_at >= $2)`;

/** Kinds of names with their hashes. */
export type Hashes = readonly (readonly [kind: string, hash: string])[];

/** Names that were hashed with a key: that of the tenant, or one that only the list outside of the database still has. */
export interface Buried {
  readonly key: string;
  readonly erased: Hashes;
}

/** What the list outside of the database brought back. */
export interface Recalled {
  /** Those hashed with another key than the tenant's of now; the others are in the database again. */
  readonly foreign: readonly Buried[];
  /** Those of people whose account was erased too. */
  readonly accounts: readonly Buried[];
  /** Lines whose key nobody has any more. */
  readonly lost: number;
}

/** The names of people who were erased, as keyed hashes: they recognise a name and do not tell it. */
export interface Tombstones {
  /** Writes them down, in the database and outside of it. */
  bury(tenant: string, request: string, identifiers: readonly Identifier[], account: boolean): Promise<void>;
  /** Brings back into the database what only the list outside of it knows. */
  recall(tenant: string): Promise<Recalled>;
  /** The names among rows here that belong to somebody who was erased (since a moment, when one is given). */
  recognise(tenant: string, parties: readonly Party[], among: Among): Promise<Identifier[]>;
  /** A hash of a name, for finding a request again without keeping who asked. */
  hash(tenant: string, identifier: Identifier): Promise<string>;
}

/** Which erasures are looked for: those in the database, of any time or since one, and others beside, or those alone. */
export type Among =
  | { readonly since?: Date | undefined; readonly also?: readonly Buried[] }
  | { readonly only: readonly Buried[] };

export function createTombstones(deps: SubjectDeps): Tombstones {
  const { database, secrets, clock, journal, sealer } = deps;
  const placeOf = (tenant: string) => ({ tenant, owner: PRIVACY, name: KEY });
  const keep = (tenant: string, key: string): Promise<void> => secrets.put(tenant, PRIVACY, KEY, key, 'system:core');

  /** Made at the first use; it travels with the tenant. */
  const keyOf = async (tenant: string): Promise<string> => {
    const known = await secrets.get(tenant, PRIVACY, KEY);
    if (known !== undefined) return known;
    await keep(tenant, randomBytes(32).toString('base64'));
    return (await secrets.get(tenant, PRIVACY, KEY)) ?? '';
  };
  const hashWith = (key: string, identifier: Identifier): string => {
    const { kind, value } = normalize(identifier);
    return createHmac('sha256', Buffer.from(key, 'base64')).update(`${kind}\n${value}`).digest('hex');
  };
  const insert = (tenant: string, request: string, at: Date, rows: Hashes) =>
    database.withTenant({ tenant }, async (tx) => {
      for (let n = 0; n < rows.length; n += CHUNK) {
        const json = JSON.stringify(rows.slice(n, n + CHUNK).map(([kind, hash]) => ({ kind, hash })));
        await tx.execute(INSERT, [tenant, json, request, at]);
      }
    });

  return {
    hash: async (tenant, identifier) => hashWith(await keyOf(tenant), identifier),
    async bury(tenant, request, identifiers, account) {
      const key = await keyOf(tenant);
      const at = new Date(clock.now());
      const erased = identifiers.map((one) => [one.kind, hashWith(key, one)] as [string, string]);
      await insert(tenant, request, at, erased);
      if (!journal) return;
      const sealed = await sealer?.seal(placeOf(tenant), key);
      await journal.append(tenant, toLine({ request, at, key, sealed, account, erased }));
    },
    async recall(tenant) {
      const lines = readLines((await journal?.read(tenant)) ?? []);
      if (lines.length === 0) return { foreign: [], accounts: [], lost: 0 };
      const keys = await openKeys(lines, (sealed) => sealer?.open(placeOf(tenant), sealed));
      let own = await secrets.get(tenant, PRIVACY, KEY);
      const last = lines.findLast(({ key }) => keys.has(key));
      // A state from before the first request: the key is younger than it.
      if (own === undefined && last) await keep(tenant, (own = keys.get(last.key) ?? ''));
      if (own !== undefined) keys.set(fingerprint(own), own);
      const foreign: Buried[] = [];
      const accounts: Buried[] = [];
      let lost = 0;
      for (const { request, at, key: name, account, erased } of lines) {
        const key = keys.get(name);
        if (key === undefined) {
          lost++;
          continue;
        }
        if (account) accounts.push({ key, erased });
        if (key === own) await insert(tenant, request, new Date(at), erased);
        else foreign.push({ key, erased });
      }
      return { foreign, accounts, lost };
    },
    async recognise(tenant, parties, among) {
      const own = 'only' in among ? undefined : await keyOf(tenant);
      return database.owner(async (tx) => {
        await useTenant(tx, tenant);
        const known = new Lookup('only' in among ? among.only : (among.also ?? []));
        if (own !== undefined && !('only' in among)) {
          const rows = await tx.query<{ kind: string; hash: string }>(LIST, [tenant, among.since ?? null]);
          known.add({ key: own, erased: rows.map(({ kind, hash }) => [kind, hash]) });
        }
        const found = new Map<string, Identifier>();
        for (const party of parties)
          for (const { sql, identifies = '', erasure } of party.names) {
            if (erasure === 'keep' || !known.knows(identifies)) continue;
            for await (const value of distinct(tx, tenant, party, comparable(identifies, sql))) {
              const one = { kind: identifies, value };
              if (known.has(identifies, (key) => hashWith(key, one))) found.set(`${identifies}\n${value}`, one);
            }
          }
        return [...found.values()];
      });
    },
  };
}

async function* distinct(tx: Queryable, tenant: string, party: Party, sql: string): AsyncGenerator<string> {
  const where = whose(party).replace('$1', `'${tenant}'`);
  await tx.query(
    `declare names no scroll cursor for select distinct ${sql} as value from ${party.table.from} where ${where} and ${sql} is not null`,
  );
  try {
    for (;;) {
      const rows = await tx.query<{ value: string }>(`fetch 2000 from names`);
      if (rows.length === 0) return;
      for (const { value } of rows) yield value;
    }
  } finally {
    await tx.query('close names');
  }
}

/** Hashes by kind of name and key. */
class Lookup {
  readonly #kinds = new Map<string, Map<string, Set<string>>>();

  constructor(buried: readonly Buried[]) {
    for (const one of buried) this.add(one);
  }

  add({ key, erased }: Buried): void {
    for (const [kind, hash] of erased) {
      const keys = this.#kinds.get(kind) ?? new Map<string, Set<string>>();
      this.#kinds.set(kind, keys.set(key, (keys.get(key) ?? new Set()).add(hash)));
    }
  }

  knows(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  has(kind: string, hash: (key: string) => string): boolean {
    return [...(this.#kinds.get(kind) ?? [])].some(([key, hashes]) => hashes.has(hash(key)));
  }
}
