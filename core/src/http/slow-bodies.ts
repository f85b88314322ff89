import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Requests whose bodies may take as long as they like, because their handler watches over them. */
const patient = new WeakSet<IncomingMessage>();

/** Says that the handler reads the body as it comes and ends it itself when nothing comes. */
export const bePatientWith = (incoming: IncomingMessage): void => void patient.add(incoming);

const LOOK_MS = 1000;
const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * Cuts off connections on which a body drips in for longer than `ms`. Node's own limit knows no exceptions, and a large
 * upload over a slow line is one. Returns how to stop. Hot path: one write per request.
 */
export function cutSlowBodies(server: Server, ms: number): () => void {
  const latest = new Map<Socket, { readonly incoming: IncomingMessage; readonly since: number }>();
  server.on('connection', (socket: Socket) => void socket.once('close', () => latest.delete(socket)));
  server.prependListener('request', (incoming) => latest.set(incoming.socket, { incoming, since: performance.now() }));
  const looking = setInterval(() => {
    const before = performance.now() - ms;
    for (const [socket, { incoming, since }] of latest) {
      if (since > before || incoming.complete || patient.has(incoming)) continue;
      latest.delete(socket);
      socket.end(TOO_SLOW, () => socket.destroy());
    }
  }, LOOK_MS);
  looking.unref();
  return () => clearInterval(looking);
}
