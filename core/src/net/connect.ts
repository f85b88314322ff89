import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { isPublicAddress } from './address.ts';
import { NetErrors } from './errors.ts';

/** Finds all addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const CONNECT_MS = 5000;

export const systemResolve: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/** Whether this address and port may be reached. `allowed` holds `127.0.0.1:8080`, `[::1]:8080`: tests and development. */
export function createAddressGuard(allowed: readonly string[]): (address: string, port: number) => boolean {
  const exceptions = new Set(allowed);
  return (address, port) =>
    isPublicAddress(address) ||
    (exceptions.size > 0 && exceptions.has(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`));
}

/**
 * An agent that connects only to public addresses. Each name is resolved once per connection, all its addresses are
 * checked, and the connection goes to what was checked: a name that changes its mind in between finds nobody asking.
 */
export function createGuardedAgent(resolve: Resolve, isAllowed: (address: string, port: number) => boolean): Agent {
  const connectors = new Map<number, buildConnector.connector>();

  function connectorFor(port: number): buildConnector.connector {
    const known = connectors.get(port);
    if (known) return known;
    const made = buildConnector({
      timeout: CONNECT_MS,
      allowH2: false,
      lookup: checkingLookup(port),
      autoSelectFamily: true,
    });
    if (connectors.size < 100) connectors.set(port, made);
    return made;
  }

  const checkingLookup =
    (port: number): LookupFunction =>
    (host, options, done) => {
      void (async () => {
        try {
          const addresses = await resolveChecked(host, port);
          if (options.all) done(null, addresses);
          else done(null, addresses[0].address, addresses[0].family);
        } catch (error) {
          done(error instanceof Error ? error : NetErrors.unresolvable(host, error), '', 0);
        }
      })();
    };

  async function resolveChecked(host: string, port: number): Promise<[LookupAddress, ...LookupAddress[]]> {
    const [first, ...rest] = await resolve(host).catch((error: unknown) => {
      throw NetErrors.unresolvable(host, error);
    });
    if (!first) throw NetErrors.unresolvable(host);
    const blocked = [first, ...rest].find(({ address }) => !isAllowed(address, port));
    if (blocked) throw NetErrors.blockedAddress(host, blocked.address);
    return [first, ...rest];
  }

  return new Agent({
    allowH2: false,
    keepAliveTimeout: 10_000,
    maxHeaderSize: 32 * 1024,
    connect(options, done) {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
      const host = options.hostname.replace(/^\[|\]$/g, '');
      // Numbers are not looked up, so the check above would not see them.
      if (isIP(host) && !isAllowed(host, port)) return done(NetErrors.blockedAddress(host, host), null);
      connectorFor(port)(options, (...answer) => {
        const [error, socket] = answer;
        const reached = socket?.remoteAddress;
        if (error || !socket || (reached && isAllowed(reached, port))) return done(...answer);
        socket.destroy();
        return done(NetErrors.blockedAddress(host, reached ?? 'nowhere'), null);
      });
    },
  });
}
