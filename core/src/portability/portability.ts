import type { ArchiveManifest } from './transfer/manifest.ts';
import { writeFileWhole, type Sink } from './archive/sink.ts';
import { compareTenant, digestTenant, type TableDifference, type TableDigest } from './transfer/compare.ts';
import type { TransferDeps } from './transfer/deps.ts';
import { exportTenant, type ExportOptions } from './transfer/export.ts';
import { archiveFile, importTenant, verifyArchive, type ImportOptions, type ImportReport } from './transfer/import.ts';

export type PortabilityDeps = TransferDeps;

/** Moving tenants. */
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
}

export function createPortability(deps: PortabilityDeps): Portability {
  return {
    export: (options, sink) => exportTenant(deps, options, sink),
    exportToFile: (options, path) => writeFileWhole(path, (sink) => exportTenant(deps, options, sink)),
    importFromFile: (path, options) => importTenant(deps, archiveFile(path), options),
    digest: (tenant) => digestTenant(deps, tenant),
    async compare(tenant, path, passphrase) {
      const { manifest } = await verifyArchive(archiveFile(path), passphrase);
      return compareTenant(deps, tenant, manifest.tables);
    },
  };
}
