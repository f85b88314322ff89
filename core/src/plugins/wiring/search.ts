import { searchSource, translate, uuidv7, type SearchEntry } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';
import type { FindableKind } from '../../search/index.ts';
import { closedFor } from '../tenants/consent.ts';

const ACTOR = { kind: 'system', id: 'search' } as const;

/** The kinds of plugins that answer for a tenant. */
export async function findableKinds(world: World, tenant: string): Promise<readonly FindableKind[]> {
  const facts = await world.facts.get(tenant);
  return [...world.loaded.values()]
    .filter((plugin) => !closedFor(plugin, facts))
    .flatMap(({ id, json }) =>
      Object.entries(json.search ?? {}).map(([kind, { title, permission, page }]) => ({
        plugin: id,
        kind,
        title: (languages: readonly string[]) => translate(title, ...languages),
        permission,
        page,
      })),
    );
}

/** The kinds that can be listed, to fill the search anew. */
export async function searchSources(
  world: World,
  tenant: string,
): Promise<readonly { readonly plugin: string; readonly kind: string }[]> {
  const kinds = new Set((await findableKinds(world, tenant)).map(({ plugin, kind }) => `${plugin}/${kind}`));
  return world.points
    .list(searchSource.id)
    .filter(({ plugin, id }) => kinds.has(`${plugin}/${id}`))
    .map(({ plugin, id }) => ({ plugin, kind: id }));
}

/** A page of the things of one kind. */
export async function listFindable(
  world: World,
  tenant: string,
  { plugin, kind }: { readonly plugin: string; readonly kind: string },
  page: { readonly after?: string; readonly limit: number },
): Promise<{ readonly entries: readonly SearchEntry[]; readonly next?: string | undefined }> {
  const name = target.entry(searchSource.id, kind, 'list');
  const answer = await invoke(world, { plugin, target: name, input: page, tenant, actor: ACTOR, trace: uuidv7() });
  return searchSource.methods.list.output.parse(answer);
}
