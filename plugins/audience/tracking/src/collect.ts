/** @module The calls of Segment's libraries: POST /v1/track, page, screen, identify, alias, group, batch and their one-letter forms. */
import { createLinkColumns, createOrderColumns, createTouchColumns } from './columns.ts';
import { tryTime } from './event-time.ts';
import { isFields, type Fields } from './fields.ts';
import { readItem, type Intake, type ItemError, type Reading } from './item.ts';
import { land } from './land.ts';
import { MAX_BATCH_BYTES, MAX_ITEMS } from './limits.ts';
import type { Ctx } from './manifest.ts';
import { problem } from './problem.ts';
import { tenantStates, type TenantState } from './tenant-state.ts';

/** What the last part of the address stands for. */
export const CALLS: ReadonlyMap<string, string> = new Map([
  ...['track', 'page', 'screen', 'identify', 'alias', 'group', 'batch'].flatMap((call) => [
    [call, call] as const,
    [call.charAt(0), call] as const,
  ]),
  ['import', 'batch'],
]);

/** Answers a call of Segment's; undefined when the request is another. */
export function tryCollect(request: Request, ctx: Ctx): Promise<Response> | undefined {
  if (request.method !== 'POST') return undefined;
  const start = request.url.indexOf('/v1/');
  if (start < 0) return undefined;
  const end = request.url.indexOf('?', start);
  const call = CALLS.get(request.url.slice(start + 4, end < 0 ? undefined : end));
  return call === undefined ? undefined : collect(request, ctx, call);
}

async function collect(request: Request, ctx: Ctx, call: string): Promise<Response> {
  const text = await request.text();
  if (text.length > MAX_BATCH_BYTES)
    return problem(413, 'tracking.batch_too_large', `a request has at most ${MAX_BATCH_BYTES} bytes`);
  const body = tryParse(text);
  if (body === undefined) return problem(400, 'tracking.not_json', 'the body is not a JSON object');
  const items = call === 'batch' ? body['batch'] : [body];
  if (!Array.isArray(items))
    return problem(422, 'invalid_input', 'the request is not valid', [
      { path: 'body.batch', message: 'Is a list of items.' },
    ]);
  if (items.length > MAX_ITEMS)
    return problem(422, 'tracking.batch_too_long', `a batch has at most ${MAX_ITEMS} items`, [
      { path: 'body.batch', message: `Has ${items.length} items.` },
    ]);
  const state = ctx.get(tenantStates).of(ctx);
  const intake = readItems(items, body, call, ctx, state instanceof Promise ? await state : state);
  const missing = intake.errors.some(
    ({ code }) => code === 'tracking.campaign_unknown' || code === 'tracking.placement_unknown',
  );
  // Perhaps it was created a moment ago on another node.
  const read = missing ? readItems(items, body, call, ctx, await ctx.get(tenantStates).refresh(ctx)) : intake;
  return answer(call, read, await land(ctx, read.touches, read.orders, read.links));
}

function readItems(items: readonly unknown[], body: Fields, call: string, ctx: Ctx, state: TenantState): Intake {
  const { maxAgeDays, householdBy, currency } = ctx.settings;
  const sentAt = tryTime(body['sentAt']);
  const context = body['context'];
  const reading: Reading = {
    now: ctx.now().getTime(),
    ageMs: maxAgeDays * 86_400_000,
    keys: state.keys,
    catalog: state.catalog,
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
function answer(
  call: string,
  { errors, ignored }: Intake,
  counts: { readonly accepted: number; readonly duplicates: number },
): Response {
  const [first] = errors;
  if (call !== 'batch' && first) return problem(422, first.code, first.message, fieldOf(first));
  const body =
    errors.length === 0 ? { success: true, ...counts, ignored } : { success: false, ...counts, ignored, errors };
  return new Response(JSON.stringify(body), { status: errors.length === 0 ? 200 : 202, headers: JSON_HEADERS });
}
const JSON_HEADERS = { 'content-type': 'application/json' };

const fieldOf = ({ path, message }: ItemError): { path: string; message: string }[] =>
  path === undefined ? [] : [{ path: `body.${path}`, message }];

function tryParse(text: string): Fields | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isFields(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
