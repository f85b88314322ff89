import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import { coreRoute, json, type CoreRoute } from '../http/index.ts';
import type { Manifest } from './backup/manifest.ts';
import { diagnose, type DoctorDeps } from './doctor/doctor.ts';
import type { Recovery } from './recovery.ts';

const BackupJson = z
  .object({
    id: z.string(),
    finishedAt: z.iso.datetime(),
    podlift: z.string(),
    postgres: z.string(),
    masterKey: z.string().describe('Fingerprint of the master key; the key itself is in no backup.'),
    bytes: z.object({ database: z.number(), log: z.number(), files: z.number(), written: z.number() }),
  })
  .openapi('Backup');
const StatusJson = z
  .object({
    destination: z.string(),
    scheduled: z.boolean(),
    next: z.string().nullable(),
    problem: z.string().nullable(),
    items: z.array(BackupJson),
  })
  .openapi('Backups');
const FindingJson = z
  .object({
    check: z.string(),
    state: z.enum(['ok', 'warning', 'failing', 'skipped']),
    message: z.string(),
    fix: z.string().optional(),
  })
  .openapi('Finding');

const EXAMPLE = {
  id: '2026-11-24T03-30-04-512Z',
  finishedAt: '2026-11-24T03:30:04.512Z',
  podlift: '0.1.0',
  postgres: '18.4',
  masterKey: '4780c13922be25ec',
  bytes: { database: 36_175_872, log: 16_777_216, files: 0, written: 4_089_446 },
};
const OPERATOR = { permission: 'operator' as const, tags: ['Installation'], tenant: 'none' as const };

export interface RecoveryRouteDeps {
  readonly recovery: Recovery;
  readonly audit: Pick<Audit, 'record'>;
  readonly doctor: DoctorDeps;
}

/** Backups and the doctor, for operators. Restoring needs a stopped installation: the command line does it. */
export const recoveryRoutes = ({ recovery, audit, doctor }: RecoveryRouteDeps): CoreRoute[] => [
  coreRoute(
    {
      ...OPERATOR,
      method: 'get',
      path: '/api/v1/system/backups',
      summary: 'List the backups',
      responses: { 200: json(StatusJson, 'Newest first.') },
      examples: {
        response: {
          destination: '/backups',
          scheduled: true,
          next: '2026-11-25T03:30:00.000Z',
          problem: null,
          items: [EXAMPLE],
        },
      },
    },
    async (c) => {
      const [{ destination, scheduled, next, problem }, all] = await Promise.all([
        recovery.status(),
        recovery.backups(),
      ]);
      return c.json(
        { destination, scheduled, next: next ?? null, problem: problem ?? null, items: all.toReversed().map(toJson) },
        200,
      );
    },
  ),
  coreRoute(
    {
      ...OPERATOR,
      method: 'post',
      path: '/api/v1/system/backups',
      summary: 'Back up now',
      description: 'Answers when the backup is made. Nobody waits for it meanwhile.',
      timeoutMs: 3_600_000,
      responses: { 201: json(BackupJson, 'The backup.') },
      examples: { response: EXAMPLE },
    },
    async (c) => {
      const made = await recovery.backUp();
      const { actor } = c.var.principal;
      await audit.record(null, {
        actor,
        operator: true,
        action: 'backup.created',
        target: `backup:${made.id}`,
        details: { bytes: made.bytes },
      });
      return c.json(toJson(made), 201);
    },
  ),
  coreRoute(
    {
      ...OPERATOR,
      method: 'get',
      path: '/api/v1/system/doctor',
      summary: 'Examine the installation',
      description: 'Looks at every part and changes nothing. What fails has a reason and a fix.',
      timeoutMs: 60_000,
      responses: { 200: json(z.object({ items: z.array(FindingJson) }), 'What was found.') },
      examples: {
        response: { items: [{ check: 'disk', state: 'ok', message: '77.9 GiB free in the data directory' }] },
      },
    },
    async (c) => c.json({ items: await diagnose(doctor) }, 200),
  ),
];

const toJson = ({ id, finishedAt, podlift, postgres, masterKey, bytes }: Manifest) => ({
  id,
  finishedAt,
  podlift,
  postgres: postgres.version,
  masterKey,
  bytes,
});
