/** @module The calls of Segment's libraries: POST /v1/track, page, screen, identify, alias, group, batch and their one-letter forms. */
import type { PlainRequest, PlainResponse } from '@podlift/sdk';
import { createLinkColumns, createOrderColumns, createTouchColumns } from './columns.ts';
import { tryTime } from './event-time.ts';
import { isFields, type Fields } from './fields.ts';
import { readItem } from './item.ts';
import type { Intake, ItemError, Reading } from './reading.ts';
import { land, type LandedCounts } from './land.ts';
import { MAX_BATCH_BYTES, MAX_ITEMS } from './limits.ts';
import type { Ctx } from './manifest.ts';
import { jsonResponse, problem } from './responses.ts';
import { tenantStates, type TenantState } from './tenant-state.ts';

/** What the last part of the address stands for. */
export const CALLS: ReadonlyMap<string, string> = new Map([
  ...['track', 'page', 'screen', 'identify', 'alias', 'group', 'batch'].flatMap((call) => [
    [call, call] as const,
    [call.charAt(0), call] as const,
  ]),
  ['import', 'batch'],
]);

/** Answers a call of Segment's; undefined when the request is another. Hot path: bench/ingest.bench.ts. */
export function tryCollect(request: PlainRequest, ctx: Ctx): Promise<PlainResponse> | undefined {
  if (request.method !== 'POST') return undefined;
  const start = request.url.indexOf('/v1/');
  if (start < 0) return undefined;
  const end = request.url.indexOf('?', start);
  const call = CALLS.get(request.url.slice(start + 4, end < 0 ? undefined : end));
  return call === undefined ? undefined : collect(request, ctx, call);
}

async function collect({ body: sent }: PlainRequest, ctx: Ctx, call: string): Promise<PlainResponse> {
  const bytes = sent instanceof ReadableStream ? await readAll(sent) : sent;
  if (bytes && bytes.byteLength > MAX_BATCH_BYTES)
    return problem(413, 'tracking.batch_too_large', `a request has at most ${MAX_BATCH_BYTES} bytes`);
  const body = bytes === null ? undefined : tryParse(bytes);
  if (body === undefined) return problem(400, 'tracking.not_json', 'the body is not a JSON object');
  const items = call === 'batch' ? body['batch'] : [body];
  if (!Array.isArray(items))
    return problem(422, 'invalid_input', 'the request is not valid', [
      { path: 'batch', message: 'Is a list of items.' },
    ]);
  if (items.length > MAX_ITEMS)
    return problem(422, 'tracking.batch_too_long', `a batch has at most ${MAX_ITEMS} items`, [
      { path: 'batch', message: `Has ${items.length} items.` },
    ]);
  const state = ctx.get(tenantStates).of(ctx);
  const known = state instanceof Promise ? await state : state;
  const intake = readItems(items, body, call, ctx, known);
  // Perhaps it was created a moment ago on another node.
  const read = intake.errors.some(isUnknown)
    ? readItems(items, body, call, ctx, await ctx.get(tenantStates).refresh(ctx))
    : intake;
  const counts = await land(ctx, read.touches, read.orders, read.links);
  known.links.add(read.links.alias, read.links.household);
  return answer(call, read, counts);
}

const isUnknown = ({ code }: ItemError): boolean =>
  code === 'tracking.campaign_unknown' || code === 'tracking.placement_unknown';

function readItems(items: readonly unknown[], body: Fields, call: string, ctx: Ctx, state: TenantState): Intake {
  const { maxAgeDays, householdBy, currency } = ctx.settings;
  const sentAt = tryTime(body['sentAt']);
  const context = body['context'];
  const reading: Reading = {
    now: ctx.now().getTime(),
    ageMs: maxAgeDays * 86_400_000,
    keys: state.keys,
    catalog: state.catalog,
    links: state.links,
    householdBy,
    currency,
    ...(call !== 'batch' && { type: call }),
    ...(sentAt !== undefined && { sentAt }),
    ...(isFields(context) && { context }),
  };
  const into: Intake = {
    touches: createTouchColumns(),
    orders: createOrderColumns(),
    links: createLinkColumns(),
    errors: [],
    ignored: 0,
  };
  for (let index = 0; index < items.length; index++) readItem(items[index], index, reading, into);
  return into;
}

/** 200 when everything was taken, 202 when some items were not; one wrong item alone is a 422, which libraries do not repeat. */
function answer(call: string, { errors, ignored }: Intake, counts: LandedCounts): PlainResponse {
  const [first] = errors;
  if (call !== 'batch' && first) return problem(422, first.code, first.message, fieldOf(first));
  if (errors.length > 0) return jsonResponse(202, { success: false, ...counts, ignored, errors });
  return jsonResponse(200, { success: true, ...counts, ignored });
}

const fieldOf = ({ path, message }: ItemError): { path: string; message: string }[] =>
  path === undefined ? [] : [{ path, message }];

/** A body whose length nobody said; one byte more than is allowed is enough to refuse it. */
async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > MAX_BATCH_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function tryParse(bytes: Uint8Array): Fields | undefined {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    return isFields(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
