import { sharedDataset, uuidv7 } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import type { z } from 'zod';
import type { Tx } from '../data/index.ts';

/** What sharing needs of the plugin host. */
export interface SharingPlugins {
  entries(point: string): readonly { readonly plugin: string; readonly id: string; readonly data: unknown }[];
  standing(tenant: string, plugin: string): Promise<'open' | 'disabled' | 'consent' | 'down'>;
  invoke(request: {
    readonly plugin: string;
    readonly target: string;
    readonly input: unknown;
    readonly tenant: string;
    readonly actor: { readonly kind: 'system'; readonly id: string };
    readonly trace: string;
    readonly timeoutMs?: number;
    readonly commit?: (tx: Tx) => Promise<void>;
  }): Promise<unknown>;
}

type Methods = (typeof sharedDataset)['methods'];

/** Something that can be shared. */
export interface Dataset {
  /** `<plugin>/<entry>`. */
  readonly name: string;
  readonly plugin: string;
  readonly about: z.output<(typeof sharedDataset)['data']>;
}

/** A page is copied in at most this time on each side. */
const PAGE_MS = 60_000;

/** Calls the datasets that plugins contribute. */
export const createDatasets = (plugins: SharingPlugins) => ({
  list: (): Dataset[] =>
    plugins.entries(sharedDataset.id).map(({ plugin, id, data }) => ({
      name: `${plugin}/${id}`,
      plugin,
      about: sharedDataset.data.parse(data),
    })),

  isOpen: async (dataset: Pick<Dataset, 'plugin'>, tenant: string): Promise<boolean> =>
    (await plugins.standing(tenant, dataset.plugin)) === 'open',

  /** `commit` runs in the transaction of the call. */
  async call<M extends keyof Methods>(
    name: string,
    method: M,
    tenant: string,
    input: z.input<Methods[M]['input']>,
    commit?: (tx: Tx) => Promise<void>,
  ): Promise<z.output<Methods[M]['output']>> {
    const [plugin = '', entry = ''] = name.split('/');
    const answer = await plugins.invoke({
      plugin,
      target: target.entry(sharedDataset.id, entry, method),
      input,
      tenant,
      actor: { kind: 'system', id: 'sharing' },
      trace: uuidv7(),
      timeoutMs: PAGE_MS,
      ...(commit && { commit }),
    });
    // The schema of the method that was named.
    return sharedDataset.methods[method].output.parse(answer) as z.output<Methods[M]['output']>;
  },
});

export type Datasets = ReturnType<typeof createDatasets>;
