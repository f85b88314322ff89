import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/** A network of its own beside ours, joined by one wire. */
export interface FarNetwork {
  /** Our end of the wire. */
  readonly near: string;
  /** Its end. */
  readonly far: string;
  /** Runs what follows it over there. */
  readonly within: readonly string[];
  /** Nothing passes, and nobody is told. */
  cut(): void;
  mend(): void;
  remove(): void;
}

const IP = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'];

/** Makes one with the kernel's network namespaces; where that is not possible, returns why. */
export function tryFarNetwork(): FarNetwork | string {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  const ip = IP.find(isExecutable);
  if (ip === undefined) return 'there is no ip (Debian: iproute2)';
  const run = (...args: readonly string[]): void => void execFileSync(ip, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // Names of interfaces are short; two test runs on one machine have different process numbers.
  const name = `podlift${process.pid % 100_000}`;
  const [here, there] = [`pl${process.pid % 100_000}h`, `pl${process.pid % 100_000}t`];
  const net = `10.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
  const [near, far] = [`${net}.1`, `${net}.2`];
  const remove = (): void => {
    for (const args of [
      ['link', 'delete', here],
      ['netns', 'delete', name],
    ])
      try {
        run(...args);
      } catch {
        // It was not made, or went with the other.
      }
  };
  try {
    run('netns', 'add', name);
    run('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
    run('addr', 'add', `${near}/30`, 'dev', here);
    run('link', 'set', here, 'up');
    run('-n', name, 'addr', 'add', `${far}/30`, 'dev', there);
    run('-n', name, 'link', 'set', there, 'up');
    run('-n', name, 'link', 'set', 'lo', 'up');
  } catch (error) {
    remove();
    return `network namespaces cannot be made here: ${String(error).trim()}`;
  }
  return {
    near,
    far,
    within: [ip, 'netns', 'exec', name],
    cut: () => run('link', 'set', here, 'down'),
    mend: () => run('link', 'set', here, 'up'),
    remove,
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
