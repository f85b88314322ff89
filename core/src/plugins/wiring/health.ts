import { errorData, target } from '@podlift/sdk/kernel';
import { uuidv7 } from '@podlift/sdk';
import { z } from 'zod';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';

/** How a plugin is for a tenant, by its own word. */
export interface HealthAnswer {
  readonly ok: boolean;
  readonly reason?: string | undefined;
}

const ACTOR = { kind: 'system', id: 'health' } as const;
const Answer = z.object({ ok: z.boolean(), reason: z.string().max(2000).optional() });

/** Asks a plugin whether it can work for a tenant. One that does not run, or throws, is not well. */
export async function checkHealth(world: World, plugin: string, tenant: string): Promise<HealthAnswer> {
  const loaded = world.loaded.get(plugin);
  if (!loaded) return { ok: false, reason: world.reasonOf(plugin) ?? 'it does not run' };
  if (!loaded.json.declares.health) return { ok: true };
  try {
    return Answer.parse(
      await invoke(world, { plugin, target: target.health, input: null, tenant, actor: ACTOR, trace: uuidv7() }),
    );
  } catch (error) {
    return { ok: false, reason: errorData(error).message };
  }
}
