import { PodliftError, type Identifier } from '@podlift/sdk';
import type { Tx } from '../../data/index.ts';
import { nameOf, ofTenants, readTables } from '../catalog/tables.ts';
import { PortabilityError } from '../errors.ts';
import { OWN } from '../transfer/not-moved.ts';
import { pipeTo, writeFileWhole } from '../archive/sink.ts';
import type { SubjectDeps } from './deps.ts';
import { erasePerson, type Erased } from './erase.ts';
import { exportPerson } from './export.ts';
import { assertIdentifiers, normalize } from './identifiers.ts';
import { partiesOf, type Party } from './places.ts';
import { createRequestBook, newRequestId, type NewRequest, type PrivacyRequest } from './requests.ts';
import { resolveSubject } from './resolve.ts';
import { createSealedNames } from './sealed-names.ts';
import { PRIVACY, privacySettings, type PrivacySettings } from './settings.ts';
import { createTombstones, type Among } from './tombstones.ts';

const DAY = 86_400_000;
const SYSTEM = { kind: 'system', id: 'privacy' } as const;

export interface RunOptions {
  /** Also the account with which the person signs in, and what the installation keeps of it. Only for operators. */
  readonly account?: boolean;
  readonly step?: (name: string, done: number, total: number) => Promise<void> | void;
}

/** Requests of persons about their data in one workspace. */
export interface Subjects {
  /** Writes a request down; `ask` makes its job in the same transaction. It runs by `run`. */
  create(tenant: string, request: NewRequest, ask?: (tx: Tx, id: string) => Promise<string>): Promise<PrivacyRequest>;
  /** Carries a request out; what was broken off goes on. */
  run(tenant: string, id: string, options?: RunOptions): Promise<PrivacyRequest>;
  get(tenant: string, id: string): Promise<PrivacyRequest>;
  list(tenant: string, query?: { after?: string; state?: string; limit?: number }): Promise<PrivacyRequest[]>;
  /** Writes what was exported into a file. */
  save(tenant: string, id: string, path: string): Promise<void>;
  /** Carries out all erasures again, after a restore or an import; with `since`, those of late. */
  reapply(tenant: string, since?: Date): Promise<Erased[]>;
  /** Removes archives past their time. */
  expire(tenant: string): Promise<number>;
  settings(tenant: string): Promise<PrivacySettings>;
  /** What is declared of every column that tells about a person. */
  record(): Promise<Party[]>;
}

/** Books of our own, and tables of ids. */
const NOT_ASKED = new Set([
  'core.privacy_request',
  'core.erasure',
  'core.event_pending',
  'core.event_position',
  'core.event_progress',
]);

export function createSubjects(deps: SubjectDeps): Subjects {
  const { database, clock, files, audit } = deps;
  const book = createRequestBook(database);
  const names = createSealedNames(deps.secrets);
  const tombstones = createTombstones(deps);
  const settings = async (tenant: string): Promise<PrivacySettings> =>
    privacySettings.parse((await deps.settings.get(tenant, PRIVACY)).value);

  const partiesFor = async (account: boolean) => {
    const catalog = await deps.privacy();
    const all = await database.owner((tx) => readTables(tx));
    const tables = (account ? all : ofTenants(all)).filter((table) => !NOT_ASKED.has(nameOf(table)));
    return { catalog, parties: partiesOf(tables, catalog) };
  };

  const resolve = async (tenant: string, id: string, parties: readonly Party[]): Promise<Identifier[]> => {
    const known = await names.get(tenant, id);
    if (!known) throw PortabilityError.unknownRequest(id);
    if (known.resolved) return known.identifiers;
    const identifiers = await resolveSubject(deps, tenant, parties, known.identifiers);
    // Once rows are gone, what they linked could not be found again.
    await names.put(tenant, id, { resolved: true, identifiers });
    return identifiers;
  };

  const assertFree = async (tenant: string): Promise<void> => {
    const { legalHold } = await settings(tenant);
    if (legalHold !== undefined) throw PortabilityError.onHold(legalHold);
  };

  const runExport = async (tenant: string, id: string, { account = false, step }: RunOptions): Promise<void> => {
    const { catalog, parties } = await partiesFor(account);
    const identifiers = await resolve(tenant, id, parties);
    const about = { tenant, request: id, identifiers, parties, catalog, ...(step && { step }) };
    const [{ found, files: count }, file] = await pipeTo(
      (sink) => exportPerson(deps, about, sink),
      (stream) =>
        files.put(
          { tenant, owner: OWN },
          stream,
          { kind: 'archive', mediaType: 'application/x-tar', name: `request-${id}.tar` },
          { maxBytes: Number.MAX_SAFE_INTEGER },
        ),
    );
    const { downloadDays } = await settings(tenant);
    await step?.('kept', 0, 0);
    await book.finish(tenant, id, {
      report: { found: found.map(({ table, party, rows }) => ({ table, party, rows })), files: count },
      at: new Date(clock.now()),
      file: { id: file.id, size: file.bytes, expiresAt: new Date(clock.now() + downloadDays * DAY) },
    });
  };

  const runErase = async (tenant: string, id: string, { account = false, step }: RunOptions): Promise<void> => {
    await assertFree(tenant);
    const { parties } = await partiesFor(account);
    const identifiers = await resolve(tenant, id, parties);
    await step?.('resolved', 0, 0);
    // Before the first row goes: should the rest never run here, whoever has this list can go on.
    await tombstones.bury(tenant, id, identifiers, account);
    await step?.('buried', 0, 0);
    await removeExports(tenant, identifiers);
    const erased = await erasePerson(deps, {
      tenant,
      identifiers,
      parties,
      by: SYSTEM,
      request: id,
      ...(step && { step }),
    });
    await step?.('erased', 0, 0);
    await book.finish(tenant, id, { report: { erased }, at: new Date(clock.now()) });
  };

  /** What was exported for the person holds the person. */
  const removeExports = async (tenant: string, identifiers: readonly Identifier[]): Promise<void> => {
    const hashes = await Promise.all(identifiers.slice(0, 1000).map((one) => tombstones.hash(tenant, one)));
    const rows = await database.withTenant({ tenant }, (tx) =>
      tx.query<{ id: string; fileId: string }>(
        'select id, file_id as "fileId" from core.privacy_request where tenant_id = $1 and file_id is not null and hashes && $2::text[]',
        [tenant, hashes],
      ),
    );
    for (const { id, fileId } of rows) await removeArchive(tenant, id, fileId);
  };
  const removeArchive = async (tenant: string, id: string, fileId: string): Promise<void> => {
    await files.moving.erase(tenant, [fileId]);
    await book.forget(tenant, id);
  };

  return {
    settings,
    get: book.get,
    list: book.list,
    record: async () => (await partiesFor(true)).parties,
    async create(tenant, request, ask) {
      const identifiers = request.identifiers.map(normalize);
      assertIdentifiers(identifiers, await deps.privacy());
      if (request.kind === 'erase') await assertFree(tenant);
      const { answerDays } = await settings(tenant);
      const id = newRequestId();
      const at = new Date(clock.now());
      const due = new Date(clock.now() + answerDays * DAY);
      const hashes = await Promise.all(identifiers.map((one) => tombstones.hash(tenant, one)));
      await names.put(tenant, id, { resolved: false, identifiers });
      await database.withTenant({ tenant }, async (tx) => {
        const job = await ask?.(tx, id);
        await book.add(tx, { ...request, identifiers }, { id, hashes, at, due, ...(job !== undefined && { job }) });
        await audit.record(tx, {
          tenant,
          actor: actorOf(request.by),
          action: `privacy.${request.kind}_requested`,
          target: `privacy-request:${id}`,
          details: { givenBy: identifiers.map(({ kind }) => kind) },
        });
      });
      return book.get(tenant, id);
    },
    async run(tenant, id, options = {}) {
      const request = await book.get(tenant, id);
      if (request.state !== 'done') {
        await book.begin(tenant, id);
        try {
          await (request.kind === 'export' ? runExport : runErase)(tenant, id, options);
        } catch (error) {
          // An error of the database may quote a row; only our own sentences are kept.
          const why =
            error instanceof PodliftError
              ? error.message
              : 'It failed for a reason that stands in the log; it can be run again.';
          await book.fail(tenant, id, why).catch(() => undefined);
          throw error;
        }
        await audit.record(null, {
          tenant,
          actor: SYSTEM,
          action: `privacy.${request.kind === 'export' ? 'exported' : 'erased'}`,
          target: `privacy-request:${id}`,
        });
      }
      await names.drop(tenant, id);
      return book.get(tenant, id);
    },
    async save(tenant, id, path) {
      const { fileId, state } = await book.get(tenant, id);
      if (fileId === null) throw PortabilityError.notReady(state === 'done' ? 'removed' : state);
      const { body } = await files.open({ tenant, owner: OWN }, fileId);
      await writeFileWhole(path, async (sink) => {
        for await (const chunk of body) await sink.write(chunk);
      });
    },
    async reapply(tenant, since) {
      // What only the list outside knows comes back in any case: a legal hold ends one day.
      const recalled = since ? undefined : await tombstones.recall(tenant);
      await assertFree(tenant);
      const passes: { account: boolean; among: Among }[] = [
        { account: false, among: { since, also: recalled?.foreign ?? [] } },
      ];
      if (recalled && recalled.accounts.length > 0) passes.push({ account: true, among: { only: recalled.accounts } });
      const gone: Erased[] = [];
      for (const { account, among } of passes) {
        const { parties } = await partiesFor(account);
        const identifiers = await tombstones.recognise(tenant, parties, among);
        if (identifiers.length === 0) continue;
        const request = newRequestId();
        // Also with the key of now, so that what comes in late is known.
        if ((recalled?.foreign.length ?? 0) > 0) await tombstones.bury(tenant, request, identifiers, account);
        const erased = await erasePerson(deps, { tenant, identifiers, parties, by: SYSTEM, request });
        gone.push(...erased.filter(({ deleted, cleared }) => deleted + cleared > 0));
      }
      if (gone.length === 0) return [];
      const details = { rows: gone.reduce((sum, one) => sum + one.deleted + one.cleared, 0) };
      await audit.record(null, {
        tenant,
        actor: SYSTEM,
        action: 'privacy.erased_again',
        target: `tenant:${tenant}`,
        details,
      });
      return gone;
    },
    async expire(tenant) {
      const rows = await book.expired(tenant, new Date(clock.now()));
      for (const { id, fileId } of rows) await removeArchive(tenant, id, fileId);
      return rows.length;
    },
  };
}

/** `user:<id>` as an actor. */
function actorOf(by: string): { kind: string; id: string } {
  const at = by.indexOf(':');
  return { kind: by.slice(0, at), id: by.slice(at + 1) };
}
