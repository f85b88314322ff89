import type { Queue } from 'bullmq';
import { QUEUES, type QueueName } from '../limits.ts';
import type { JobQueue } from '../queue.ts';
import { collectParts } from './adapter.ts';
import { openBoardFiles, renderPage } from './files.ts';

/** bull-board over the queues, for reading. Job data there are ids only. */
export interface Board {
  /** Answers a GET; `path` is what comes after the board's own. Undefined when there is nothing. */
  answer(path: string, query: Readonly<Record<string, string>>): Promise<Response | undefined>;
}

/** Where the board is. */
export const BOARD_PATH = '/system/queues';

/** The page is an application of its own that sets styles while it runs; scripts come from us alone. */
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data:`,
  `font-src 'self'`,
  `connect-src 'self'`,
  `base-uri 'self'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** Loaded at its first use: nobody pays for it at the start. */
export async function createBoard(queue: (name: QueueName) => Promise<JobQueue>): Promise<Board> {
  const [{ createBullBoard }, { BullMQAdapter }, files] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    openBoardFiles(),
  ]);
  const { adapter, parts } = collectParts();
  const all = await Promise.all(QUEUES.map(queue));
  createBullBoard({
    // What the backend makes is a Queue; the room knows it by the part that it uses.
    queues: all.map((one) => new BullMQAdapter(one as unknown as Queue, { readOnlyMode: true, allowRetries: false })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Podlift queues', hideRedisDetails: true } },
  });
  const { queues, config, entry, api, fail } = parts();
  const routes = api.flatMap(({ route, handler }) => [route].flat().map((one) => ({ match: matcher(one), handler })));
  const pages = [entry.route].flat().map(matcher);

  return {
    async answer(path, query) {
      if (pages.some((match) => match(path))) {
        const { params } = entry.handler({ basePath: `${BOARD_PATH}/`, uiConfig: config });
        const page = renderPage(files.template, params);
        return new Response(page, {
          headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY },
        });
      }
      for (const { match, handler } of routes) {
        const params = match(path);
        if (!params) continue;
        const request = { queues, uiConfig: config, query: { ...query }, params, body: {}, headers: {} };
        const { status, body } = await Promise.resolve(handler(request)).catch((error: unknown) =>
          fail(error instanceof Error ? error : new Error(String(error))),
        );
        return Response.json(body, { status: status ?? 200 });
      }
      const file = await files.read(path.slice(1));
      if (!file) return undefined;
      return new Response(file.bytes, {
        headers: { 'content-type': file.type, 'cache-control': 'private, max-age=86400' },
      });
    },
  };
}

/** A path of bull-board's, with `:names`, as a function that finds their values. */
function matcher(route: string): (path: string) => Record<string, string> | undefined {
  const pattern = new RegExp(`^${route.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
  return (path) => {
    const found = pattern.exec(path);
    if (!found) return undefined;
    return Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  };
}
