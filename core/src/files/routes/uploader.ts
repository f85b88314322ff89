import type { Context } from 'hono';
import type { Tx } from '../../data/index.ts';
import { tenantOf, type HttpEnv } from '../../http/index.ts';
import { FileErrors } from '../errors.ts';
import type { FileRecord } from '../rows/record.ts';
import type { FileRouteDeps } from './deps.ts';

export const uploaderOf = ({ var: { principal } }: Context<HttpEnv>): string =>
  `${principal.actor.kind}:${principal.actor.id}`;

/** @throws PodliftError when people do not upload such files, or the plugin that they are for does not run here. */
export async function assertMayUpload(
  { files, isEnabled }: FileRouteDeps,
  tenant: string,
  owner: string,
  kind: string,
): Promise<void> {
  const { upload = false } = files.kinds.get(owner, kind);
  if (!upload) throw FileErrors.noUploads(owner, kind);
  if (owner !== 'core' && !(await isEnabled(owner, tenant))) throw FileErrors.kindUnknown(owner, kind);
}

/** Writes into the audit log what a member did with a file, in the transaction that does it. */
export const fileTold =
  ({ audit }: FileRouteDeps, c: Context<HttpEnv>, action: string) =>
  async (tx: Tx, file: FileRecord): Promise<void> => {
    const { principal } = c.var;
    const { owner, kind, name, bytes, sha256 } = file;
    await audit.record(tx, {
      tenant: tenantOf(principal),
      actor: principal.actor,
      action,
      target: `file:${file.id}`,
      details: { owner, kind, name, bytes, sha256 },
    });
  };

export const uploadTold = (deps: FileRouteDeps, c: Context<HttpEnv>) => fileTold(deps, c, 'file.uploaded');
