/** @module Files of own rates. */
import { PodliftError } from '@podlift/sdk';
import { json, route, z, type App } from '@podlift/sdk/http';
import { MAX_FILE_BYTES } from '../csv.ts';
import { CurrencyErrors } from '../errors.ts';
import { importRates } from '../import.ts';
import type { Ctx } from '../manifest.ts';
import { ImportJson, ImportStateJson, tags, WRITE } from './schemas.ts';

const Flag = z.enum(['true', 'false']).default('false');
/** A file in a form comes with its boundaries around it. */
const ROOM = 64 * 1024;

const upload = route({
  method: 'post',
  path: '/api/v1/currency/rates/import',
  tags,
  'x-permission': WRITE,
  'x-body-limit': MAX_FILE_BYTES + ROOM,
  'x-timeout-ms': 60_000,
  summary: 'Import own rates from a CSV file',
  description:
    'The first line names the columns date, base, currency and rate; commas, semicolons or tabs part them. Wrong rows are told with row, field and value, and nothing is imported unless `partial` is true. A large file goes on in the background.',
  request: { query: z.object({ dryRun: Flag, partial: Flag }) },
  responses: {
    200: json(ImportJson, 'It was checked or imported'),
    202: json(ImportJson, 'It goes on in the background'),
    422: { description: 'Not such a file, or rows are wrong and nothing was imported' },
  },
});
/** The body is read by hand; this documents it. */
const body = {
  required: true,
  content: {
    'text/csv': {
      schema: z.string().openapi({ example: 'date,base,currency,rate\n2026-03-01,USD,EUR,0.8512\n' }),
    },
    'multipart/form-data': { schema: z.object({ file: z.string().openapi({ format: 'binary' }) }) },
  },
};
const read = route({
  method: 'get',
  path: '/api/v1/currency/imports/{id}',
  tags,
  'x-permission': WRITE,
  summary: 'How an import in the background stands',
  description: 'While it runs, its job `podlift.currency/import-rates` tells its progress.',
  request: { params: z.object({ id: z.uuid() }) },
  responses: { 200: json(ImportStateJson, 'Its state'), 404: { description: 'There is none of this id' } },
});

/** Registers the routes. */
export function addImports(app: App<Ctx>): void {
  app.openAPIRegistry.registerPath({ ...upload, request: { ...upload.request, body } });
  app.post('/api/v1/currency/rates/import', async (c) => {
    const query = z.object({ dryRun: Flag, partial: Flag }).safeParse(c.req.query());
    if (!query.success)
      throw CurrencyErrors.field(query.error.issues[0]?.path.map(String) ?? [], 'Is neither true nor false.', 'query');
    const answer = await importRates(c.var.ctx, await readContent(c.req.raw), {
      dryRun: query.data.dryRun === 'true',
      partial: query.data.partial === 'true',
    });
    return Response.json(answer, {
      status: answer.status === 'waiting' ? 202 : 200,
      ...(answer.id !== null && { headers: { location: `/api/v1/currency/imports/${answer.id}` } }),
    });
  });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const found = await c.var.ctx.collections.imports.get(id);
    if (!found) throw PodliftError.notFound(`import ${id}`);
    const { status, rows, imported, failed, error } = found.value;
    return c.json({ id, status, rows, imported, failed, error: error ?? null }, 200);
  });
}

async function readContent(request: Request): Promise<Uint8Array> {
  const type = request.headers.get('content-type') ?? '';
  if (/^multipart\/form-data\b/i.test(type)) {
    const form = await request.formData().catch((error: Error) => {
      throw PodliftError.malformedBody(error.message);
    });
    const file = [...form.values()].find((value) => typeof value !== 'string');
    if (!file) throw CurrencyErrors.noFile();
    return bounded(file.stream());
  }
  if (!request.body || /^application\/json\b/i.test(type)) throw CurrencyErrors.noFile();
  return bounded(request.body);
}

async function bounded(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > MAX_FILE_BYTES) throw CurrencyErrors.fileTooLarge(MAX_FILE_BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
