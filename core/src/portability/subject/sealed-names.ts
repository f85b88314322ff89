import type { Identifier } from '@podlift/sdk';
import { z } from 'zod';
import type { Secrets } from '../../settings/index.ts';
import { OWN } from '../transfer/not-moved.ts';

/** Characters of one secret. */
const PIECE = 12_000;
const Names = z.object({
  resolved: z.boolean(),
  identifiers: z.array(z.object({ kind: z.string(), value: z.string() })),
});

/** The names of a person while their request runs, sealed like any secret of the tenant. */
export interface SealedNames {
  put(tenant: string, request: string, names: { resolved: boolean; identifiers: readonly Identifier[] }): Promise<void>;
  get(tenant: string, request: string): Promise<{ resolved: boolean; identifiers: Identifier[] } | undefined>;
  drop(tenant: string, request: string): Promise<void>;
}

export function createSealedNames(secrets: Pick<Secrets, 'get' | 'put' | 'delete'>): SealedNames {
  const nameOf = (request: string, at: number): string => `request-${request}-${at}`;
  const drop: SealedNames['drop'] = async (tenant, request) => {
    // The first goes last: as long as it is there, somebody looks for the others.
    let last = 0;
    while ((await secrets.get(tenant, OWN, nameOf(request, last + 1))) !== undefined) last++;
    for (let at = last; at >= 0; at--) await secrets.delete(tenant, OWN, nameOf(request, at));
  };
  return {
    drop,
    async put(tenant, request, names) {
      const text = JSON.stringify(names);
      const pieces = Array.from({ length: Math.ceil(text.length / PIECE) }, (_, at) =>
        text.slice(at * PIECE, (at + 1) * PIECE),
      );
      // Written from the end, each with its count, so that pieces of two writings are never read together.
      for (const [at, piece] of [...pieces.entries()].toReversed())
        await secrets.put(tenant, OWN, nameOf(request, at), `${pieces.length}\n${piece}`, 'system:core');
    },
    async get(tenant, request) {
      const first = await secrets.get(tenant, OWN, nameOf(request, 0));
      if (first === undefined) return undefined;
      const count = Number(first.slice(0, first.indexOf('\n')));
      let text = '';
      for (let at = 0; at < count; at++) {
        const piece = at === 0 ? first : ((await secrets.get(tenant, OWN, nameOf(request, at))) ?? '');
        text += piece.slice(piece.indexOf('\n') + 1);
      }
      return Names.parse(JSON.parse(text));
    },
  };
}
