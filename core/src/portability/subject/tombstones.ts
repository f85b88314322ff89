import { createHmac, randomBytes } from 'node:crypto';
import type { Identifier } from '@podlift/sdk';
import { z } from 'zod';
import type { Queryable } from '../../data/index.ts';
import type { SubjectDeps } from './deps.ts';
import { comparable, normalize } from './identifiers.ts';
import type { Party } from './places.ts';
import { PRIVACY } from './settings.ts';
import { whose } from './resolve.ts';
import { useTenant } from '../transfer/insert.ts';

const KEY = 'erasure-key';
const CHUNK = 1000;

const INSERT = `insert into core.erasure (tenant_id, kind, hash, request, erased_at)
  select $1, e.kind, e.hash, $3, $4 from json_to_recordset($2::json) as e(kind text, hash text)
  order by e.kind, e.hash on conflict (tenant_id, kind, hash) do nothing`;
const LIST = `select kind, hash from core.erasure where tenant_id = $1 and ($2::timestamptz is null or erased_at >= $2)`;

const Line = z.object({
  request: z.uuid(),
  at: z.iso.datetime(),
  key: z.string(),
  erased: z.array(z.tuple([z.string(), z.string()])),
});

/** The names of people who were erased, as keyed hashes: they recognise a name and do not tell it. */
export interface Tombstones {
  /** Writes them down, in the database and outside of it. */
  bury(tenant: string, request: string, identifiers: readonly Identifier[]): Promise<void>;
  /** Brings back into the database what only the list outside of it knows. */
  recall(tenant: string): Promise<number>;
  /** The names among rows here that belong to somebody who was erased (since a moment, when one is given). */
  recognise(tenant: string, parties: readonly Party[], since?: Date): Promise<Identifier[]>;
  /** A hash of a name, for finding a request again without keeping who asked. */
  hash(tenant: string, identifier: Identifier): Promise<string>;
}

export function createTombstones(deps: SubjectDeps): Tombstones {
  const { database, secrets, clock, journal } = deps;

  /** Made at the first use; it travels with the tenant. */
  const keyOf = async (tenant: string): Promise<string> => {
    const known = await secrets.get(tenant, PRIVACY, KEY);
    if (known !== undefined) return known;
    await secrets.put(tenant, PRIVACY, KEY, randomBytes(32).toString('base64'), 'system:core');
    return (await secrets.get(tenant, PRIVACY, KEY)) ?? '';
  };
  const hashWith = (key: string, identifier: Identifier): string => {
    const { kind, value } = normalize(identifier);
    return createHmac('sha256', Buffer.from(key, 'base64')).update(`${kind}\n${value}`).digest('hex');
  };
  const insert = (tenant: string, request: string, at: Date, rows: readonly (readonly [string, string])[]) =>
    database.withTenant({ tenant }, async (tx) => {
      for (let n = 0; n < rows.length; n += CHUNK) {
        const json = JSON.stringify(rows.slice(n, n + CHUNK).map(([kind, hash]) => ({ kind, hash })));
        await tx.execute(INSERT, [tenant, json, request, at]);
      }
    });

  return {
    hash: async (tenant, identifier) => hashWith(await keyOf(tenant), identifier),
    async bury(tenant, request, identifiers) {
      const key = await keyOf(tenant);
      const at = new Date(clock.now());
      const erased = identifiers.map((one) => [one.kind, hashWith(key, one)] as [string, string]);
      await insert(tenant, request, at, erased);
      // The key stays in the database, sealed: this list alone recognises nobody.
      await journal?.append(tenant, JSON.stringify({ request, at: at.toISOString(), key: fingerprint(key), erased }));
    },
    async recall(tenant) {
      let lines = 0;
      const key = fingerprint(await keyOf(tenant));
      for (const text of (await journal?.read(tenant)) ?? []) {
        const line = Line.safeParse(parseJson(text));
        // The last line of a disk that was full may be half.
        if (!line.success || line.data.key !== key) continue;
        await insert(tenant, line.data.request, new Date(line.data.at), line.data.erased);
        lines++;
      }
      return lines;
    },
    async recognise(tenant, parties, since) {
      const key = await keyOf(tenant);
      return database.owner(async (tx) => {
        await useTenant(tx, tenant);
        const rows = await tx.query<{ kind: string; hash: string }>(LIST, [tenant, since ?? null]);
        const known = Map.groupBy(rows, ({ kind }) => kind);
        const found = new Map<string, Identifier>();
        for (const party of parties)
          for (const { sql, identifies = '', erasure } of party.names) {
            const hashes = new Set(known.get(identifies)?.map(({ hash }) => hash));
            if (hashes.size === 0 || erasure === 'keep') continue;
            for await (const value of distinct(tx, tenant, party, comparable(identifies, sql))) {
              const one = { kind: identifies, value };
              if (hashes.has(hashWith(key, one))) found.set(`${identifies}\n${value}`, one);
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

/** Tells keys apart. */
const fingerprint = (key: string): string =>
  createHmac('sha256', key).update('podlift/erasures').digest('hex').slice(0, 16);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
