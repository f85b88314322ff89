import { connect, createServer, type Socket } from 'node:net';

/** A door before a database that can be shut, so that a test takes the database away from one process only. */
export interface Gate {
  /** The connection string of what lies behind, through the gate. */
  through(url: string): string;
  /** Ends every connection and takes none. */
  shut(): Promise<void>;
  /** Takes connections and says nothing, as a network does that swallows packets. */
  swallow(): void;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a gate before the server of `url`, on an address of this machine. */
export async function openGate(url: string, host = '127.0.0.1'): Promise<Gate> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let swallowing = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    const far = connect(Number(port), hostname);
    keep(far);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    near.on('data', (data) => void (swallowing || far.write(data)));
    far.on('data', (data) => void (swallowing || near.write(data)));
  });
  const listen = (at: number): Promise<void> => new Promise((resolve) => server.listen(at, host, resolve));
  const shut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const address = server.address();
  const own = typeof address === 'object' && address ? address.port : 0;
  return {
    through(given) {
      const changed = new URL(given);
      changed.host = `${host}:${own}`;
      return changed.href;
    },
    shut,
    swallow: () => void (swallowing = true),
    async open() {
      swallowing = false;
      if (!server.listening) await listen(own);
    },
    async close() {
      if (server.listening) await shut();
    },
  };
}
