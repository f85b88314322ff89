import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A database of a test's own, and what a product is told to use it. */
export interface OwnDatabase {
  /** The superuser's way in. */
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}

/** Makes an empty database on a server. */
export async function createDatabase({
  url,
  masterKey,
}: {
  readonly url: string;
  readonly masterKey: string;
}): Promise<OwnDatabase> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(url, (client) => client.query(`create database ${name}`));
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    env: { DATABASE_URL: own.href, PODLIFT_MASTER_KEY: masterKey },
    drop: () =>
      asAdmin(url, async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  };
}

/** Runs `fn` as superuser. */
export async function asAdmin<T>(connectionString: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}
