import { z } from '@hono/zod-openapi';
import { DataError, forgetStatements, readStatements, STATEMENT_ORDERS, type Database } from '../../data/index.ts';
import { coreRoute, type CoreRoute } from '../core-route.ts';
import { json } from '../content.ts';
import { problem } from '../problem.ts';

const TAGS = { tags: ['System'] };
const Statements = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        statement: z.string().describe('Without its values.'),
        role: z.string().describe('Whose it is: a role of the host, or of a plugin.'),
        calls: z.number(),
        totalMs: z.number(),
        meanMs: z.number(),
        maxMs: z.number(),
        rows: z.number(),
        hitRatio: z.number().nullable().describe('The part of the blocks that was in memory, 0 to 1.'),
        share: z.number().nullable().describe('Of the time of all statements, 0 to 1.'),
      }),
    ),
  })
  .openapi('StatementCosts');

/** What statements of the database cost, for operators. */
export const statementRoutes = ({ database }: { readonly database: Pick<Database, 'system'> }): CoreRoute[] => [
  coreRoute(
    {
      ...TAGS,
      method: 'get',
      path: '/api/v1/system/database/statements',
      permission: 'operator',
      summary: 'List what statements cost',
      request: {
        query: z.object({
          order: z.enum(STATEMENT_ORDERS).default('total').openapi({ description: 'What the dearest are dear in.' }),
          limit: z.coerce.number().int().min(1).max(200).default(20),
        }),
      },
      responses: { 200: json(Statements, 'The dearest first.') },
      examples: {
        response: {
          items: [
            {
              id: '-4021166301',
              statement: 'select id from orders where tenant_id = $1',
              role: 'p_acme_shop',
              calls: 120,
              totalMs: 84,
              meanMs: 0.7,
              maxMs: 3.1,
              rows: 2400,
              hitRatio: 0.99,
              share: 0.12,
            },
          ],
        },
      },
    },
    async (c) => {
      const { order, limit } = c.req.valid('query');
      return c.json({ items: [...(await asProblem(() => readStatements(database, order, limit)))] }, 200);
    },
  ),
  coreRoute(
    {
      ...TAGS,
      method: 'delete',
      path: '/api/v1/system/database/statements',
      permission: 'operator',
      summary: 'Measure statements anew',
      responses: { 204: { description: 'What was measured is forgotten.' } },
    },
    async (c) => {
      await asProblem(() => forgetStatements(database));
      return c.body(null, 204);
    },
  ),
];

async function asProblem<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'statements_not_measured') throw error;
    throw problem(503, 'data.statements_not_measured', 'Statements are not measured', { detail: error.message });
  }
}
