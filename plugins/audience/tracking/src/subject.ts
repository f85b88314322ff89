/** @module By which household keys a person is known. They are keyed hashes, so only this plugin can say. */
import type { Identifier } from '@podlift/sdk';
import type { Ctx } from './manifest.ts';
import { readKeys } from './tenant-state.ts';

/** Senders put what they have into `userId`: an id of their own, or an address. */
const KINDS = {
  user: 'user',
  external: 'user',
  email: 'user',
  phone: 'user',
  anonymous: 'anonymous',
  ip: 'ip',
} as const;

const isKnown = (kind: string): kind is keyof typeof KINDS => Object.hasOwn(KINDS, kind);

/** The household keys that events with these names were given. */
export async function nameHouseholds(known: readonly Identifier[], ctx: Ctx): Promise<Identifier[]> {
  const keys = await readKeys(ctx);
  return known.flatMap(({ kind, value }) =>
    isKnown(kind) ? [{ kind: 'household', value: keys.of(KINDS[kind], value) }] : [],
  );
}
