import type { createBullBoard } from '@bull-board/api';

/** bull-board names its types in no entry of its package; they are those of its one function. */
type ServerAdapter = Parameters<typeof createBullBoard>[0]['serverAdapter'];
type Given<K extends keyof ServerAdapter> = Parameters<ServerAdapter[K]>[0];

/** What bull-board wants served; it hands this over once. */
export interface BoardParts {
  readonly queues: Given<'setQueues'>;
  readonly config: Given<'setUIConfig'>;
  readonly entry: Given<'setEntryRoute'>;
  /** Its API, of which only reading is served: writing past our rows would part them from the queues. */
  readonly api: Given<'setApiRoutes'>;
  readonly fail: (error: Error) => { readonly status?: number; readonly body: unknown };
}

/** Takes what bull-board hands over to a server. */
export function collectParts(): { readonly adapter: ServerAdapter; parts(): BoardParts } {
  let queues: BoardParts['queues'] = new Map();
  let config: BoardParts['config'] = {};
  let entry: BoardParts['entry'] | undefined;
  let api: BoardParts['api'] = [];
  let fail: BoardParts['fail'] = ({ message }) => ({ status: 500, body: { message } });
  const adapter: ServerAdapter = {
    setQueues(given) {
      queues = given;
      return adapter;
    },
    setViewsPath: () => adapter,
    setStaticPath: () => adapter,
    setEntryRoute(given) {
      entry = given;
      return adapter;
    },
    setErrorHandler(given) {
      fail = given;
      return adapter;
    },
    setApiRoutes(given) {
      api = given.filter(({ method }) => method === 'get');
      return adapter;
    },
    setUIConfig(given) {
      config = given;
      return adapter;
    },
  };
  return {
    adapter,
    parts() {
      if (!entry) throw new Error('bull-board has named no page.');
      return { queues, config, entry, api, fail };
    },
  };
}
