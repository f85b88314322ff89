import { homePanels, uuidv7 } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import type { z } from 'zod';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';
import { closedFor } from '../tenants/consent.ts';

/** A panel on the start page. */
export type HomePanel = z.output<(typeof homePanels)['methods']['panel']['output']> & { readonly plugin: string };

const ACTOR = { kind: 'system', id: 'home' } as const;

/** The panels that plugins show on a tenant's start page. One that fails is left out. */
export async function readPanels(world: World, tenant: string): Promise<readonly HomePanel[]> {
  const facts = await world.facts.get(tenant);
  const open = world.points.list(homePanels.id).filter(({ plugin }) => {
    const loaded = world.loaded.get(plugin);
    return loaded && !closedFor(loaded, facts);
  });
  const panels = await Promise.all(
    open.map(async ({ plugin, id }): Promise<HomePanel[]> => {
      try {
        const name = target.entry(homePanels.id, id, 'panel');
        const answer = await invoke(world, {
          plugin,
          target: name,
          input: undefined,
          tenant,
          actor: ACTOR,
          trace: uuidv7(),
        });
        return [{ ...homePanels.methods.panel.output.parse(answer), plugin }];
      } catch (error) {
        world.deps.log.warn({ err: error, plugin, panel: id }, 'A panel of the start page was left out');
        return [];
      }
    }),
  );
  return panels.flat();
}
