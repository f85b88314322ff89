import type { Pool } from 'pg';
import { uuidv7 } from '@podlift/sdk';
import type { ExportWork } from './export.ts';
import { PersonEntry, type ArchiveManifest } from './manifest.ts';

/** What became of the people of an archive. */
export interface PeopleReport {
  /** Joined with the account they had here. */
  readonly joined: readonly string[];
  /** Got an account; without a password they ask for one with "Forgot password". */
  readonly created: readonly string[];
  /** Nobody proved that the address is theirs, here or there: invite them. */
  readonly toInvite: readonly string[];
}

const PATH = 'people.ndjson';

const PEOPLE = `select u.id as "userId", u.email, u."emailVerified", u.name, m.role, m."createdAt" as since, u."createdAt",
  (select a.password from auth.account a where a."userId" = u.id and a."providerId" = 'credential' and $2 limit 1) as password
  from auth.member m join auth."user" u on u.id = m."userId" where m."organizationId" = $1 order by u.email`;

/** Writes who belongs to the tenant: references by address, not accounts. */
export async function writePeople({ tx, writer, options }: ExportWork): Promise<ArchiveManifest['people']> {
  const { tenant, withPasswords = false } = options;
  const rows = await tx.query<Record<string, unknown>>(PEOPLE, [tenant, withPasswords]);
  const lines = rows.map(({ password, ...row }) => {
    const person = PersonEntry.parse(
      JSON.parse(JSON.stringify({ ...row, ...(typeof password === 'string' && { password }) })),
    );
    return `${JSON.stringify(person)}\n`;
  });
  const part = await writer.add(PATH, Buffer.from(lines.join('')));
  return { count: rows.length, part: { ...part, rows: rows.length }, withPasswords };
}

export const isPeople = (path: string): boolean => path === PATH;

export const parsePeople = (text: string): PersonEntry[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => PersonEntry.parse(JSON.parse(line)));

const FIND = `select id, "emailVerified" as verified from auth."user" where email = $1`;
const KNOWN = `select email from auth."user" where email = any($1::text[])`;
const TAKEN = 'select 1 from auth."user" where id = $1';
const CREATE = `insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ($1, $2, $3, true, $4, $4)
  on conflict do nothing`;
const PASSWORD = `insert into auth.account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
  select $1, $2, 'credential', $2, $3, $4, $4 where not exists (select from auth.account where "userId" = $2 and "providerId" = 'credential')`;
const JOIN = `insert into auth.member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, $4, $5) on conflict do nothing`;

/** Whose account would be made. Asked before the first one is, and kept, so that a run that goes on still tells who was new. */
export async function findNewcomers(pool: Pool, people: readonly PersonEntry[]): Promise<string[]> {
  const emails = people.map(({ email }) => email);
  const { rows } = await pool.query<{ email: string }>(KNOWN, [emails]);
  const known = new Set(rows.map(({ email }) => email));
  return emails.filter((email) => !known.has(email));
}

/** Tells who was made by this import, in whichever of its runs. */
export const withNewcomers = (
  { joined, created, toInvite }: PeopleReport,
  newcomers: readonly string[],
): PeopleReport => {
  const fresh = new Set(newcomers);
  const here = [...joined, ...created];
  return {
    joined: here.filter((email) => !fresh.has(email)),
    created: here.filter((email) => fresh.has(email)),
    toInvite,
  };
};

/**
 * Lets people in. Only an address that was proven on both sides joins an account that is here already: otherwise somebody could
 * register with a foreign address and wait for its owner's workspace.
 */
export async function bringPeople(
  pool: Pool,
  tenant: string,
  people: readonly PersonEntry[],
  withPasswords: boolean,
): Promise<PeopleReport> {
  const report = { joined: [] as string[], created: [] as string[], toInvite: [] as string[] };
  for (const person of people) {
    const { email, emailVerified, name, role, since, createdAt, password } = person;
    const here = (await pool.query<{ id: string; verified: boolean }>(FIND, [email])).rows[0];
    if (!emailVerified || (here && !here.verified)) {
      report.toInvite.push(email);
      continue;
    }
    let id = here?.id;
    if (id === undefined) {
      const taken = (await pool.query(TAKEN, [person.userId])).rowCount;
      id = taken ? uuidv7() : person.userId;
      await pool.query(CREATE, [id, name, email, createdAt]);
      if (withPasswords && password !== undefined) await pool.query(PASSWORD, [uuidv7(), id, password, createdAt]);
      report.created.push(email);
    } else report.joined.push(email);
    await pool.query(JOIN, [uuidv7(), tenant, id, role, since]);
  }
  return report;
}
