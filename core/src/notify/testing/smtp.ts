import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as a server got it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly secure: boolean;
  readonly user: string | undefined;
  header(name: string): string | undefined;
}

/** What a server does at a stage: nothing, say no with a code, drop the connection, or be slow. */
export type Behaviour = { readonly code: number; readonly message?: string } | 'drop' | { readonly waitMs: number };

export type Stage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data' | 'end';

/** A server that speaks SMTP and fails when told to. */
export interface TestSmtp {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** Connections that were opened. */
  readonly connections: () => number;
  /** What to do at a stage, so many times; for ever when no number is given. `to` limits it to recipients that begin so. */
  misbehave(stage: Stage, how: Behaviour, options?: { times?: number; to?: string }): void;
  behave(): void;
  url(scheme?: string, credentials?: string): string;
  close(): Promise<void>;
}

interface Trouble {
  readonly how: Behaviour;
  times: number;
  readonly to: string | undefined;
}

export async function startSmtp(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const received: ReceivedMail[] = [];
  const troubles = new Map<Stage, Trouble>();
  let connections = 0;
  const trouble = (stage: Stage, to = ''): Behaviour | undefined => {
    const found = troubles.get(stage);
    if (!found || found.times <= 0 || (found.to !== undefined && !to.startsWith(found.to))) return undefined;
    found.times--;
    return found.how;
  };
  /** Answers a stage: nothing wrong, no, silence, or later. */
  const answer = (stage: Stage, session: unknown, done: (error?: Error | null) => void, to?: string): void => {
    const how = trouble(stage, to);
    if (!how) return done();
    if (how === 'drop') return destroy(session);
    if ('waitMs' in how) return void setTimeout(done, how.waitMs);
    done(Object.assign(new Error(how.message ?? 'the test says no'), { responseCode: how.code }));
  };
  const sockets = new Map<string, { destroy(): void }>();
  const destroy = (session: unknown): void => {
    // The session of this server; its id is the connection's.
    const { id } = session as { id: string };
    sockets.get(id)?.destroy();
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    closeTimeout: 200,
    logger: false,
    ...options,
    onConnect(session, done) {
      connections++;
      // oxlint-disable-next-line no-underscore-dangle -- the server shows its sockets nowhere else
      for (const connection of server.connections) {
        const { session: own, _socket } = connection as unknown as {
          session: { id: string };
          _socket: { destroy(): void };
        };
        sockets.set(own.id, _socket);
      }
      answer('connect', session, done);
    },
    onAuth(auth, session, done) {
      answer('auth', session, (error) => (error ? done(error) : done(null, { user: auth.username ?? '' })));
    },
    onMailFrom: (_, session, done) => answer('mail', session, done),
    onRcptTo: ({ address }, session, done) => answer('rcpt', session, done, address),
    onData(stream, session, done) {
      const how = trouble('data', session.envelope.rcptTo[0]?.address);
      if (how === 'drop') return destroy(session);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        if (how && 'code' in how)
          return done(Object.assign(new Error(how.message ?? 'the test says no'), { responseCode: how.code }));
        received.push(toMail(raw, session));
        // `end`: the mail is taken, and its sender never hears of it.
        const end = (): void => answer('end', session, (error) => done(error), session.envelope.rcptTo[0]?.address);
        if (how && 'waitMs' in how) setTimeout(end, how.waitMs);
        else end();
      });
    },
  });
  // A connection that is dropped is an error of the server too.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    received,
    connections: () => connections,
    misbehave: (stage, how, { times = Number.POSITIVE_INFINITY, to } = {}) =>
      void troubles.set(stage, { how, times, to }),
    behave: () => troubles.clear(),
    url: (scheme = 'smtp', credentials = '') => `${scheme}://${credentials && `${credentials}@`}127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

interface Session {
  readonly secure: boolean;
  readonly user?: string;
  readonly envelope: {
    readonly mailFrom: false | { readonly address: string };
    readonly rcptTo: { readonly address: string }[];
  };
}

function toMail(raw: string, given: unknown): ReceivedMail {
  // What the server's own type says more precisely.
  const { secure, user, envelope } = given as Session;
  const [head = ''] = raw.split('\r\n\r\n');
  const headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
    raw,
    secure,
    user,
    header: (name) =>
      headers
        .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        ?.slice(name.length + 1)
        .trim(),
  };
}
