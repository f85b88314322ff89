/** @module Lists by id, newest first: the cursor is the last id that was seen. */
import { PodliftError } from '@podlift/sdk';
import { z } from '@podlift/sdk/http';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What every list of events may be asked. */
export const PageQuery = z.object({
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .openapi({ description: 'First instant, inclusive.', example: '2026-01-01T00:00:00Z' }),
  to: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Last instant, exclusive.' }),
  cursor: z.string().max(100).optional().openapi({ description: 'The `next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Collects conditions with their values; `$1` is the tenant. */
export function createWhere(tenant: string) {
  const conditions = ['tenant_id = $1'];
  const values: unknown[] = [tenant];
  return {
    values,
    /** Adds a condition; `?` in it stands for the value. Nothing is added for undefined. */
    add(condition: string, value: unknown): void {
      if (value === undefined) return;
      values.push(value);
      conditions.push(condition.replace('?', `$${values.length}`));
    },
    text: (): string => conditions.join(' and '),
  };
}

/** @throws PodliftError `invalid_input` when the cursor is not one of ours. */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!UUID.test(id))
    throw PodliftError.invalidInput('the request', [
      { in: 'query', path: ['cursor'], message: 'Is not a cursor of this list.' },
    ]);
  return id;
}

/** Splits one row more than asked for into a page and what comes next. */
export function toPage<T extends { readonly id: string }>(
  rows: readonly T[],
  limit: number,
): { items: readonly T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? Buffer.from(last.id, 'latin1').toString('base64url') : null };
}
