import { z } from '@hono/zod-openapi';
import type { ChainReport } from './chain/verify.ts';
import type { AuditFilter, AuditRecord } from './entry.ts';

const instant = z.iso.datetime();
const Entry = z
  .object({
    id: z.uuid(),
    tenant: z.uuid().nullable(),
    actor: z.object({ kind: z.string(), id: z.string() }),
    action: z.string().openapi({ example: 'plugin.enabled' }),
    target: z.string().openapi({ example: 'plugin:acme.feeds' }),
    details: z.unknown(),
    time: instant,
    via: z.string().nullable().describe('`rest`, `cli` or `system`.'),
    ip: z.string().nullable(),
    requestId: z.string().nullable(),
    seq: z.int().nullable().describe('Its place in the chain; null for the moment until it is sealed.'),
    redactedAt: instant.nullable().describe('When details and address were erased.'),
  })
  .openapi('AuditEntry');
export const Page = z.object({ items: z.array(Entry), next: z.uuid().nullable() }).openapi('AuditPage');
export const query = z.object({
  action: z.string().max(100).optional(),
  target: z.string().max(200).optional(),
  actor: z.string().max(100).optional().describe('The id of whoever acted.'),
  from: instant.optional(),
  until: instant.optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
type Query = z.output<typeof query>;

export const filterOf = ({ action, target, actor, from, until, cursor, limit }: Query): AuditFilter => ({
  limit,
  ...(action && { action }),
  ...(target && { target }),
  ...(actor && { actor }),
  ...(from && { from: new Date(from) }),
  ...(until && { until: new Date(until) }),
  ...(cursor && { after: cursor }),
});

export const pageOf = (records: readonly AuditRecord[], { limit }: Pick<Query, 'limit'>): z.infer<typeof Page> => ({
  items: records.map(({ tenant, time, details, via, ip, requestId, seq, redactedAt, ...rest }) => ({
    ...rest,
    tenant: tenant ?? null,
    details: details ?? null,
    time: time.toISOString(),
    via: via ?? null,
    ip: ip ?? null,
    requestId: requestId ?? null,
    seq: seq ?? null,
    redactedAt: redactedAt?.toISOString() ?? null,
  })),
  next: records.length === limit ? (records.at(-1)?.id ?? null) : null,
});

export const PAGE_EXAMPLE = {
  items: [
    {
      id: '01a20f44-503f-7296-873f-ca51be712b86',
      tenant: '01a20f44-503f-7296-873f-ca51be712b85',
      actor: { kind: 'user', id: '01a20f44-503f-7296-873f-ca51be712b84' },
      action: 'key.created',
      target: 'key:01a20f44-503f-7296-873f-ca51be712b83',
      details: { name: 'shop' },
      time: '2026-11-24T20:00:00.000Z',
      via: 'rest',
      ip: '203.0.113.7',
      requestId: '00f067aa0ba902b7',
      seq: 18,
      redactedAt: null,
    },
  ],
  next: null,
};

const Found = z.object({ kind: z.string(), seq: z.int(), id: z.uuid().nullable(), message: z.string() });
export const Report = z
  .object({
    chain: z.string(),
    acts: z.int(),
    retired: z.int().describe('Places whose acts retention removed.'),
    unsealed: z.int(),
    anchors: z.int(),
    findings: z.array(Found),
  })
  .openapi('AuditReport');
export const REPORT_EXAMPLE: z.infer<typeof Report> = {
  chain: 'installation',
  acts: 0,
  retired: 0,
  unsealed: 0,
  anchors: 0,
  findings: [],
};
export const toReportJson = ({ findings, ...report }: ChainReport): z.infer<typeof Report> => ({
  ...report,
  findings: findings.map(({ kind, seq, id, message }) => ({ kind, seq, id: id ?? null, message })),
});
