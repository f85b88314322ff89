import { PodliftError, uuidv7 } from '@podlift/sdk';
import type { Clock } from '../../config/index.ts';
import type { Database, Tx } from '../../data/index.ts';
import type { Files } from '../../files/index.ts';
import { pipeTo } from '../archive/sink.ts';
import { PortabilityError } from '../errors.ts';
import type { TransferDeps } from './deps.ts';
import { exportTenant } from './export.ts';
import { OWN } from './not-moved.ts';

/** An archive that was asked for by REST. */
export interface TenantExport {
  readonly id: string;
  readonly jobId: string;
  readonly state: 'waiting' | 'running' | 'ready' | 'failed' | 'expired';
  readonly encrypted: boolean;
  readonly fileId: string | null;
  readonly size: number | null;
  readonly rows: number | null;
  readonly error: string | null;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  readonly expiresAt: Date | null;
}

/** Archives of a tenant that are made by a job. */
export interface Exports {
  /** Writes the wish down; `ask` makes its job in the same transaction. */
  create(
    tenant: string,
    options: { readonly by: string; readonly passphrase?: string | undefined },
    ask: (tx: Tx, id: string) => Promise<string>,
  ): Promise<TenantExport>;
  run(tenant: string, id: string, options?: RunExportOptions): Promise<TenantExport>;
  get(tenant: string, id: string): Promise<TenantExport>;
  list(tenant: string, query?: { after?: string; limit?: number }): Promise<TenantExport[]>;
  expire(tenant: string): Promise<number>;
}

interface RunExportOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

interface ExportsDeps extends TransferDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly files: Pick<Files, 'put' | 'open' | 'moving'>;
  readonly secrets: TransferDeps['secrets'] & { delete(tenant: string, owner: string, name: string): Promise<unknown> };
}

const KEPT_DAYS = 7;
/** Each reads all of a tenant and holds one state of the database meanwhile. */
const MOST_OPEN = 3;
const OPEN = `select count(*)::int as n from core.tenant_export where tenant_id = $1 and state in ('waiting', 'running')`;
const DAY = 86_400_000;
const COLUMNS = `id, job_id as "jobId", state, encrypted, file_id as "fileId", size, rows, error, requested_by as "requestedBy",
  requested_at as "requestedAt", finished_at as "finishedAt", expires_at as "expiresAt"`;
const INSERT = `insert into core.tenant_export (tenant_id, id, job_id, state, encrypted, requested_by, requested_at)
  values ($1, $2, $3, 'waiting', $4, $5, $6)`;
const GET = `select ${COLUMNS} from core.tenant_export where tenant_id = $1 and id = $2`;
const LIST = `select ${COLUMNS} from core.tenant_export where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`;
const STATE = `update core.tenant_export set state = $3, error = $4 where tenant_id = $1 and id = $2 and state in ('waiting', 'running', 'failed')`;
const READY = `update core.tenant_export set state = 'ready', error = null, file_id = $3, size = $4, rows = $5, finished_at = $6, expires_at = $7
  where tenant_id = $1 and id = $2`;
const EXPIRED = `select id, file_id as "fileId" from core.tenant_export where tenant_id = $1 and state = 'ready' and expires_at <= $2`;
const EXPIRE = `update core.tenant_export set state = 'expired', file_id = null where tenant_id = $1 and id = $2`;

export function createExports(deps: ExportsDeps): Exports {
  const { database, clock, files, secrets } = deps;
  const within = <T>(tenant: string, fn: (tx: Tx) => Promise<T>): Promise<T> => database.withTenant({ tenant }, fn);
  const passphraseOf = (id: string): string => `export-${id}`;
  const get: Exports['get'] = async (tenant, id) => {
    const [found] = await within(tenant, (tx) => tx.query<TenantExport>(GET, [tenant, id]));
    if (!found) throw PortabilityError.unknownExport(id);
    return found;
  };
  return {
    get,
    list: (tenant, { after, limit = 50 } = {}) =>
      within(tenant, (tx) => tx.query<TenantExport>(LIST, [tenant, after ?? null, limit])),
    async create(tenant, { by, passphrase }, ask) {
      const [open] = await within(tenant, (tx) => tx.query<{ n: number }>(OPEN, [tenant]));
      if ((open?.n ?? 0) >= MOST_OPEN) throw PortabilityError.tooManyExports(MOST_OPEN);
      const id = uuidv7();
      // Jobs hold ids only: what the job needs to know waits sealed.
      if (passphrase !== undefined) await secrets.put(tenant, OWN, passphraseOf(id), passphrase, by);
      await within(tenant, async (tx) => {
        const job = await ask(tx, id);
        await tx.execute(INSERT, [tenant, id, job, passphrase !== undefined, by, new Date(clock.now())]);
      });
      return get(tenant, id);
    },
    async run(tenant, id, { signal, progress } = {}) {
      const before = await get(tenant, id);
      if (before.state === 'ready' || before.state === 'expired') return before;
      await within(tenant, (tx) => tx.execute(STATE, [tenant, id, 'running', null]));
      try {
        const passphrase = await secrets.get(tenant, OWN, passphraseOf(id));
        // Whoever may remove secrets must not get an open archive out of a sealed one.
        if (before.encrypted && passphrase === undefined) throw PortabilityError.passphraseMissing();
        const options = {
          tenant,
          passphrase,
          encrypt: passphrase !== undefined,
          ...(signal && { signal }),
          ...(progress && { progress: (_: string, done: number, total: number) => total > 0 && progress(done, total) }),
        };
        const [manifest, file] = await pipeTo(
          (sink) => exportTenant(deps, options, sink),
          (stream) =>
            files.put(
              { tenant, owner: OWN },
              stream,
              { kind: 'archive', mediaType: 'application/x-tar', name: `tenant-${id}.tar` },
              { maxBytes: Number.MAX_SAFE_INTEGER },
            ),
        );
        const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
        const times = [new Date(clock.now()), new Date(clock.now() + KEPT_DAYS * DAY)];
        await within(tenant, (tx) => tx.execute(READY, [tenant, id, file.id, file.bytes, rows, ...times]));
      } catch (error) {
        const why = error instanceof PodliftError ? error.message : 'It failed for a reason that stands in the log.';
        await within(tenant, (tx) => tx.execute(STATE, [tenant, id, 'failed', why])).catch(() => undefined);
        throw error;
      }
      await secrets.delete(tenant, OWN, passphraseOf(id));
      return get(tenant, id);
    },
    async expire(tenant) {
      const rows = await within(tenant, (tx) =>
        tx.query<{ id: string; fileId: string }>(EXPIRED, [tenant, new Date(clock.now())]),
      );
      for (const { id, fileId } of rows) {
        await files.moving.erase(tenant, [fileId]);
        await within(tenant, (tx) => tx.execute(EXPIRE, [tenant, id]));
      }
      return rows.length;
    },
  };
}
