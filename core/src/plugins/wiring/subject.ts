import { uuidv7, type Identifier } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import { z } from 'zod';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';

const ACTOR = { kind: 'system', id: 'privacy' } as const;
const Answer = z.array(z.object({ kind: z.string().min(1).max(60), value: z.string().min(1).max(1000) })).max(10_000);

/** Asks every plugin that keeps people under names of its own for those names, such as keyed hashes. A plugin that throws is heard: nobody may be forgotten by halves. */
export async function nameSubject(
  world: World,
  tenant: string,
  identifiers: readonly Identifier[],
): Promise<Identifier[]> {
  const named: Identifier[] = [];
  for (const { id: plugin, json } of world.loaded.values()) {
    if (!json.declares.subject) continue;
    const call = { plugin, target: target.subject, input: [...identifiers], tenant, actor: ACTOR, trace: uuidv7() };
    named.push(...Answer.parse(await invoke(world, call)));
  }
  return named;
}
