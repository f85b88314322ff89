import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { CollectionWrite, FindQuery, findItems, getItem, type CollectionLayout } from '../../collections/index.ts';
import { ask, type Ask, type Asking } from './ask.ts';

const CAPABILITY = 'data:collections';
const Name = z.string().max(60);
/** Writes that one request may carry; the kernel sends a whole batch in one. */
const MAX_WRITES = 10_000;

function layoutOf({ plugin }: Asking, name: string): CollectionLayout {
  const layout = plugin.layouts.get(name);
  if (!layout) throw PodliftError.denied(plugin.id, `the collection ${name}`);
  return layout;
}

/** Records that the host keeps for the plugin. Reads see the state before the call; writes wait for its end. */
export const collectionAsks: Readonly<Record<string, Ask>> = {
  'collection.get': ask(
    z.object({ name: Name, id: z.string().max(200) }),
    async (asking, { name, id }) => {
      const layout = layoutOf(asking, name);
      return (await asking.call.unit.run((tx) => getItem(tx, layout, id))) ?? null;
    },
    CAPABILITY,
  ),
  'collection.find': ask(
    FindQuery.extend({ name: Name }),
    (asking, { name, ...query }) => {
      const layout = layoutOf(asking, name);
      return asking.call.unit.run((tx) => findItems(tx, layout, query));
    },
    CAPABILITY,
  ),
  'collection.write': ask(
    z.object({ name: Name, writes: z.array(CollectionWrite).max(MAX_WRITES) }),
    (asking, { name, writes }) => {
      layoutOf(asking, name);
      asking.call.unit.write(writes.map((write) => ({ collection: name, write })));
    },
    CAPABILITY,
  ),
};
