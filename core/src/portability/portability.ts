import type { FileKind } from '@podlift/sdk';
import type { Files } from '../files/index.ts';
import type { Settings } from '../settings/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import { writeFileWhole, type Sink } from './archive/sink.ts';
import type { PrivacyCatalog } from './catalog/privacy.ts';
import { carryOutRetention, type Retired } from './retention/carry-out.ts';
import { planRetention, type RetentionPlan } from './retention/plan.ts';
import type { SubjectDeps } from './subject/deps.ts';
import { PRIVACY, privacySettings } from './subject/settings.ts';
import { createSubjects, type Subjects } from './subject/subjects.ts';
import { compareTenant, digestTenant, type TableDifference, type TableDigest } from './transfer/compare.ts';
import type { TransferDeps } from './transfer/deps.ts';
import { createExports, type Exports } from './transfer/exports.ts';
import { exportTenant, type ExportOptions } from './transfer/export.ts';
import { archiveFile, importTenant, verifyArchive, type ImportOptions, type ImportReport } from './transfer/import.ts';
import type { ArchiveManifest } from './transfer/manifest.ts';
import { OWN } from './transfer/not-moved.ts';

export interface PortabilityDeps extends TransferDeps, SubjectDeps {
  readonly files: Pick<Files, 'put' | 'open' | 'moving' | 'kinds'>;
  readonly secrets: TransferDeps['secrets'] & SubjectDeps['secrets'];
  readonly settings: Pick<Settings, 'get' | 'register'>;
  readonly tenancy: Pick<Tenancy, 'byName' | 'forget' | 'list'>;
}

/** What retention removed, or why it did not. */
export interface RetentionReport {
  readonly removed: readonly Retired[];
  /** Archives past their time. */
  readonly archives: number;
  /** Rows of people who were erased and came in late. */
  readonly late: number;
  /** Why nothing was removed. */
  readonly hold?: string;
  readonly unknown: readonly string[];
}

/** Tenants that move, persons' rights, and the end of what is past its time. */
export interface Portability {
  export(options: ExportOptions, sink: Sink): Promise<ArchiveManifest>;
  /** Writes a file that is there only when it is whole. */
  exportToFile(options: ExportOptions, path: string): Promise<ArchiveManifest>;
  importFromFile(path: string, options?: ImportOptions): Promise<ImportReport>;
  /** One figure per table; the same rows give the same figure everywhere. */
  digest(tenant: string): Promise<TableDigest[]>;
  /** Holds a tenant against an archive of it. */
  compare(
    tenant: string,
    path: string,
    passphrase?: string,
  ): Promise<{ readonly compared: number; readonly rows: number; readonly differences: readonly TableDifference[] }>;
  /** Archives that are made by a job and downloaded. */
  readonly exports: Exports;
  readonly subjects: Subjects;
  /** What is declared of every column of the host and of every plugin. */
  catalog(): Promise<PrivacyCatalog>;
  retentionPlan(): Promise<RetentionPlan>;
  /** Carries out what is declared, for one tenant. */
  retain(tenant: string, options?: { dryRun?: boolean; signal?: AbortSignal }): Promise<RetentionReport>;
  /** Tenants in which nothing may be deleted now. */
  held(): Promise<string[]>;
}

const DAY = 86_400_000;
const ARCHIVE: FileKind = {
  privacy: {
    category: 'personal',
    subject: 'customer',
    purpose: 'to be downloaded by who asked for it',
    erasure: 'delete',
  },
  retentionDays: 90,
};
const HELD = `select tenant_id as id from core.setting where owner = '${PRIVACY}' and value ->> 'legalHold' is not null`;

export function createPortability(deps: PortabilityDeps): Portability {
  const { database, clock } = deps;
  deps.settings.register(PRIVACY, privacySettings);
  deps.files.kinds.define(OWN, { archive: ARCHIVE });
  const subjects = createSubjects(deps);
  const exports = createExports(deps);
  const retentionPlan = async (): Promise<RetentionPlan> =>
    planRetention((await subjects.record()).filter(({ table }) => table.tenantColumn === 'tenant_id'));
  return {
    subjects,
    exports,
    catalog: () => deps.privacy(),
    retentionPlan,
    export: (options, sink) => exportTenant(deps, options, sink),
    exportToFile: (options, path) => writeFileWhole(path, (sink) => exportTenant(deps, options, sink)),
    importFromFile: (path, options) => importTenant(deps, archiveFile(path), options),
    digest: (tenant) => digestTenant(deps, tenant),
    async compare(tenant, path, passphrase) {
      const { manifest } = await verifyArchive(archiveFile(path), passphrase);
      return compareTenant(deps, tenant, manifest.tables);
    },
    async retain(tenant, { dryRun = false, signal } = {}) {
      const { legalHold, lateDays } = await subjects.settings(tenant);
      const { rules, unknown } = await retentionPlan();
      const nothing = { removed: [], archives: 0, late: 0, unknown };
      if (legalHold !== undefined && !dryRun) return { ...nothing, hold: legalHold };
      const removed = await carryOutRetention(deps, { tenant, rules, dryRun, ...(signal && { signal }) });
      if (dryRun) return { ...nothing, removed, ...(legalHold !== undefined && { hold: legalHold }) };
      const archives = (await subjects.expire(tenant)) + (await exports.expire(tenant));
      const again = lateDays === 0 ? [] : await subjects.reapply(tenant, new Date(clock.now() - lateDays * DAY));
      const late = again.reduce((sum, one) => sum + one.deleted + one.cleared, 0);
      if (removed.length > 0 || archives > 0)
        await deps.audit.record(null, {
          tenant,
          actor: { kind: 'system', id: 'retention' },
          action: 'retention.carried_out',
          target: `tenant:${tenant}`,
          details: { removed, archives },
        });
      return { removed, archives, late, unknown };
    },
    held: async () => {
      const rows = await database.system('find legal holds', (tx) => tx.query<{ id: string }>(HELD));
      return rows.map(({ id }) => id);
    },
  };
}
