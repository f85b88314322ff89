import { z } from 'zod';
import { ROLES } from '../../access/index.ts';

/** Rises when an archive can no longer be read as before. */
export const FORMAT = 'podlift-tenant@1';

const Part = z.object({ path: z.string(), bytes: z.int(), sha256: z.string(), rows: z.int() });

const TableEntry = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.string()),
  /** Columns with sealed values. */
  sealed: z.array(z.string()),
  rows: z.int(),
  /** The sum of the SHA-256 of all rows, without sealed columns. */
  digest: z.string(),
  parts: z.array(Part),
});
export type TableEntry = z.infer<typeof TableEntry>;

const Columns = z.record(z.string(), z.string().nullable());

/** The first member: what must be known before anything else is read. */
export const ArchiveHead = z.object({
  format: z.literal(FORMAT),
  id: z.uuid(),
  madeAt: z.iso.datetime(),
  tenant: z.object({ id: z.uuid(), slug: z.string(), name: z.string() }),
  /** Of the passphrase that sealed secrets; absent when they were left out. */
  salt: z.string().optional(),
});
export type ArchiveHead = z.infer<typeof ArchiveHead>;

/** The last member: what the archive holds, and what it needs to live elsewhere. */
export const ArchiveManifest = z.object({
  format: z.literal(FORMAT),
  id: z.uuid(),
  madeAt: z.iso.datetime(),
  /** The row of the registry, each value as text. */
  tenant: Columns,
  /** The schema ledger: owner to migration to checksum. */
  ledger: z.record(z.string(), z.record(z.string(), z.string())),
  plugins: z.array(z.object({ id: z.string(), version: z.string() })),
  tables: z.array(TableEntry),
  /** Each stands under `files/<SHA-256>`, and so proves itself. */
  files: z.object({ count: z.int(), bytes: z.int() }),
  people: z.object({ count: z.int(), part: Part, withPasswords: z.boolean() }),
  /** Rows and values that were left out because nothing sealed them: they must be entered again. */
  leftOut: z.array(z.object({ table: z.string(), what: z.string() })),
  /** Tables that never move, with the reason. */
  notMoved: z.record(z.string(), z.string()),
  /** Events that were on their way to a subscriber and were not delivered yet. */
  undelivered: z.int(),
});
export type ArchiveManifest = z.infer<typeof ArchiveManifest>;

/** A member of the tenant, as a reference to a person. */
export const PersonEntry = z.object({
  userId: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  name: z.string(),
  role: z.enum(ROLES),
  since: z.string(),
  createdAt: z.string(),
  password: z.string().optional(),
});
export type PersonEntry = z.infer<typeof PersonEntry>;
