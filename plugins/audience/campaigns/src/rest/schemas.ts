/** @module What the REST resources have in common, in the words of their documents. */
import { json, route, z } from '@podlift/sdk/http';
import { tryAmount } from '../money.ts';

/** A decimal text, read as micros. */
export const Amount = z
  .string()
  .openapi({ description: 'A decimal number with up to six digits behind the point.', example: '1500.00' })
  .transform((text, ctx) => {
    const micros = tryAmount(text);
    if (micros !== undefined) return micros;
    ctx.addIssue({ code: 'custom', message: 'Is not an amount such as "1500.00".' });
    return z.NEVER;
  });
/** An instant, read as a Date. */
export const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
export const Id = z.uuid();

/** What every answer has. */
export const life = {
  archivedAt: z.iso
    .datetime()
    .nullable()
    .openapi({ description: 'When it was put away; it was referenced and could not be deleted.' }),
  version: z.int().openapi({ description: 'Counts changes; also the ETag.' }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};
interface LifeRow {
  readonly id: string;
  readonly version: number;
  readonly archivedAt?: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
/** The common part of a row as JSON. */
export const toLife = (row: LifeRow) => ({
  id: row.id,
  archivedAt: iso(row.archivedAt),
  version: row.version,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});
export const iso = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;

const Params = z.object({ id: Id });
const Match = z.object({
  'if-match': z
    .string()
    .max(100)
    .optional()
    .openapi({ description: 'The ETag that was read; another version is refused.' }),
});
const PageQuery = {
  cursor: z.string().max(200).optional().openapi({ description: 'The `next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  archived: z.enum(['false', 'true', 'all']).default('false'),
};
const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});
const READ = 'campaigns:read';
const WRITE = 'campaigns:write';

/** The five operations of a resource: list, create, read, change, delete. */
export function resource<
  P extends string,
  O extends z.ZodType,
  N extends z.ZodType,
  C extends z.ZodType,
  F extends z.ZodRawShape,
>(
  path: P,
  name: string,
  { Out, New, Change, filter }: { readonly Out: O; readonly New: N; readonly Change: C; readonly filter: F },
) {
  const one = `${path}/{id}` as const;
  const tags = ['Campaigns'];
  return {
    list: route({
      method: 'get',
      path,
      tags,
      'x-permission': READ,
      summary: `List ${name}s, newest first`,
      request: { query: z.object({ ...PageQuery, ...filter }) },
      responses: { 200: json(z.object({ items: z.array(Out), next: z.string().nullable() }), `A page of ${name}s`) },
    }),
    create: route({
      method: 'post',
      path,
      tags,
      'x-permission': WRITE,
      summary: `Create a ${name}`,
      request: { body: { required: true, ...json(New, `The new ${name}`) } },
      responses: {
        201: json(Out, `The ${name}`),
        409: problem('A name is taken'),
        422: problem('A field is wrong; each is named'),
      },
    }),
    read: route({
      method: 'get',
      path: one,
      tags,
      'x-permission': READ,
      summary: `Read a ${name}`,
      request: { params: Params },
      responses: { 200: json(Out, `The ${name}, with its ETag`), 404: problem('There is none of this id') },
    }),
    change: route({
      method: 'patch',
      path: one,
      tags,
      'x-permission': WRITE,
      summary: `Change a ${name}; fields that are left out stay`,
      request: { params: Params, headers: Match, body: { required: true, ...json(Change, 'What changes') } },
      responses: {
        200: json(Out, `The ${name} as it is now`),
        404: problem('There is none of this id'),
        412: problem('It was changed meanwhile'),
      },
    }),
    remove: route({
      method: 'delete',
      path: one,
      tags,
      'x-permission': WRITE,
      summary: `Delete a ${name}; one that was used is archived instead`,
      request: { params: Params, headers: Match },
      responses: {
        200: json(Out, 'It was archived'),
        204: { description: 'It was deleted' },
        404: problem('There is none of this id'),
      },
    }),
  };
}
