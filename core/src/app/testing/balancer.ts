import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A small load balancer: asks each node whether it is ready, and sends requests to those that are, in turn. */
export interface Balancer {
  readonly url: string;
  /** Failures on the way to a node, other than a refused connection, which is tried elsewhere. */
  readonly failures: readonly string[];
  /** How many requests each node answered. */
  readonly answered: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const ASK_MS = 200;

export async function startBalancer(nodes: readonly string[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const ready = new Set<string>(nodes);
  const failures: string[] = [];
  const answered = new Map<string, number>();
  let turn = 0;
  const closed = new AbortController();
  const ask = async (node: string): Promise<void> => {
    while (!closed.signal.aborted) {
      const ok = await fetch(`${node}/health/ready`, { signal: AbortSignal.timeout(2000) }).then(
        (response) => response.ok,
        () => false,
      );
      if (ok) ready.add(node);
      else ready.delete(node);
      await sleep(ASK_MS);
    }
  };
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer, tried: readonly string[]): void => {
    const left = [...ready].filter((node) => !tried.includes(node));
    const node = left[turn++ % left.length];
    if (node === undefined) {
      failures.push('no node is ready');
      outgoing.writeHead(502).end();
      return;
    }
    const { hostname, port } = new URL(node);
    const onward = request(
      {
        agent,
        hostname,
        port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, connection: 'keep-alive' },
      },
      (response) => {
        answered.set(node, (answered.get(node) ?? 0) + 1);
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
        response.on('error', (error) => failures.push(`answer: ${error.message}`));
      },
    );
    onward.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return pass(incoming, outgoing, body, [...tried, node]);
      failures.push(`${incoming.method} ${incoming.url}: ${error.message}`);
      outgoing.writeHead(502).end();
    });
    onward.end(body);
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => pass(incoming, outgoing, Buffer.concat(chunks), []));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const asking = nodes.map(ask);
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    failures,
    answered,
    async close() {
      closed.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
      await Promise.all(asking);
    },
  };
}
