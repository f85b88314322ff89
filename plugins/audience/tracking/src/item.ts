/** @module One Segment call, checked by hand and turned into rows. Hot path: bench/ingest.bench.ts. */
import type { Booking, Evidence } from './catalog-index.ts';
import { addOrder, addTouch } from './columns.ts';
import type { TouchKind } from './contract.ts';
import { isFields, textOf, type Fields } from './fields.ts';
import { computeEventTime, tryTime } from './event-time.ts';
import { messageKey } from './keys.ts';
import { MAX_DEPTH, MAX_ID, MAX_ITEM_BYTES, MAX_NAME } from './limits.ts';
import { tryMicros } from './money.ts';
import type { Intake, Reading } from './reading.ts';
import { roughBytes } from './rough-bytes.ts';
import { channelOf, tryLanding, type Landing } from './origin.ts';

/** Checks one item and appends what it says; a wrong one is an error of its own and stops nothing else. */
export function readItem(item: unknown, index: number, reading: Reading, into: Intake): void {
  if (!isFields(item)) return fail(into, index, undefined, 'item_invalid', 'an item is a JSON object');
  const messageId = textOf(item['messageId']);
  if (item['messageId'] !== undefined && (messageId === undefined || messageId.length > MAX_ID))
    return fail(into, index, undefined, 'message_id_invalid', `a messageId has 1 to ${MAX_ID} characters`, 'messageId');
  if (roughBytes(item, MAX_ITEM_BYTES) > MAX_ITEM_BYTES)
    return fail(
      into,
      index,
      messageId,
      'item_too_large',
      `an item has at most ${MAX_ITEM_BYTES} bytes and ${MAX_DEPTH} levels`,
    );
  const sentAt = item['sentAt'] === undefined ? reading.sentAt : tryTime(item['sentAt']);
  const at = computeEventTime(reading.now, reading.ageMs, item['timestamp'], item['originalTimestamp'], sentAt);
  if (typeof at === 'string') return fail(into, index, messageId, at, TIME_MESSAGES[at](reading), 'timestamp');

  const type = reading.type ?? item['type'];
  if (type === 'group') return void into.ignored++;
  const context = isFields(item['context']) ? item['context'] : (reading.context ?? NOTHING);
  const properties = isFields(item['properties']) ? item['properties'] : NOTHING;
  const user = idOf(item['userId']);
  const anonymous = idOf(item[type === 'alias' ? 'previousId' : 'anonymousId']);
  if (user === null || anonymous === null)
    return fail(
      into,
      index,
      messageId,
      'identity_invalid',
      `an id has 1 to ${MAX_ID} characters`,
      user === null ? 'userId' : 'anonymousId',
    );
  const household = householdOf(reading, user, anonymous, context['ip']);
  if (household === undefined)
    return fail(
      into,
      index,
      messageId,
      'identity_missing',
      'an item needs a userId, an anonymousId or a context.ip',
      'userId',
    );
  if (user !== undefined && anonymous !== undefined && reading.householdBy === 'person') {
    const alias = reading.keys.of('anonymous', anonymous);
    if (!reading.links.has(alias, household)) {
      into.links.alias.push(alias);
      into.links.household.push(household);
    }
  }

  const about: About = { item, index, reading, into, messageId, at, context, properties, household };
  switch (type) {
    case 'track':
      return readTrack(about);
    case 'page':
    case 'screen':
      return readTouch(about, 'page', textOf(item['name']) ?? textOf(properties['title']) ?? null);
    case 'identify':
    case 'alias':
      return undefined;
    default:
      return fail(
        into,
        index,
        messageId,
        'type_unknown',
        'the type is one of track, page, screen, identify, alias, group',
        'type',
      );
  }
}

/** One item on its way. */
interface About {
  readonly item: Fields;
  readonly index: number;
  readonly reading: Reading;
  readonly into: Intake;
  readonly messageId: string | undefined;
  readonly at: number;
  readonly context: Fields;
  readonly properties: Fields;
  readonly household: string;
}

const NAMED_KINDS: ReadonlyMap<string, TouchKind> = new Map([
  ['podcast ad impression', 'impression'],
  ['ad impression', 'impression'],
  ['podcast download', 'download'],
  ['episode downloaded', 'download'],
  ['podcast link clicked', 'click'],
  ['link clicked', 'click'],
]);

function readTrack(about: About): void {
  const { item, index, into, messageId } = about;
  const name = textOf(item['event']);
  if (name === undefined) return fail(into, index, messageId, 'event_missing', 'a track call names its event', 'event');
  if (name === 'Order Completed' || name === 'Order Refunded')
    return readOrder(about, name === 'Order Refunded' ? 'refund' : 'order');
  return readTouch(about, NAMED_KINDS.get(name.toLowerCase()) ?? 'event', name);
}

function readTouch(about: About, kind: TouchKind, name: string | null): void {
  const { into, at, messageId, household } = about;
  const landing = tryLanding(about.context, about.properties);
  const found = resolve(about, landing, undefined);
  if (found === 'failed') return;
  const played = kind === 'impression' || kind === 'download';
  addTouch(
    into.touches,
    at,
    messageId === undefined ? undefined : messageKey(messageId),
    household,
    // A page that was reached through a campaign is a visit of it.
    kind === 'page' && found ? 'visit' : kind,
    found || played ? 'podcast' : channelOf(landing),
    name === null ? null : name.slice(0, MAX_NAME),
    found?.evidence ?? null,
    found?.booking,
  );
}

function readOrder(about: About, kind: 'order' | 'refund'): void {
  const { into, index, messageId, properties, reading, at, household } = about;
  const orderId = idOf(properties['order_id'] ?? properties['orderId']);
  if (!orderId)
    return fail(
      into,
      index,
      messageId,
      'order_id_missing',
      `an order has an order_id of 1 to ${MAX_ID} characters`,
      'properties.order_id',
    );
  const field =
    properties['revenue'] === undefined ? (properties['total'] === undefined ? 'value' : 'total') : 'revenue';
  const amount = properties[field];
  const valueMicros = amount === undefined && kind === 'refund' ? null : tryMicros(amount);
  if (valueMicros === undefined || (valueMicros !== null && valueMicros < 0n))
    return fail(
      into,
      index,
      messageId,
      'revenue_invalid',
      'the revenue is a decimal number that is not negative',
      `properties.${field}`,
    );
  const currency =
    properties['currency'] === undefined ? reading.currency : textOf(properties['currency'])?.toUpperCase();
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency))
    return fail(
      into,
      index,
      messageId,
      'currency_invalid',
      'a currency has three letters, as in USD',
      'properties.currency',
    );
  const code =
    textOf(properties['coupon'] ?? properties['promo_code'])
      ?.trim()
      .toLowerCase()
      .slice(0, 64) || null;
  const found = resolve(about, tryLanding(about.context, properties), code ?? undefined);
  if (found === 'failed') return;
  const newCustomer = properties['new_customer'] ?? properties['newCustomer'];
  addOrder(into.orders, {
    at,
    // An order is known by its order_id, a refund by its message.
    key: messageId === undefined ? undefined : messageKey(messageId),
    kind,
    orderId,
    household,
    valueMicros,
    currency,
    code,
    evidence: found?.evidence ?? null,
    booking: found?.booking,
    newCustomer: typeof newCustomer === 'boolean' ? newCustomer : null,
  });
}

interface Found {
  readonly booking: Booking;
  readonly evidence: Evidence;
}
/** Which campaign an item belongs to; 'failed' when it names one that does not exist. Strongest evidence first. */
function resolve(about: About, landing: Landing | undefined, code: string | undefined): Found | 'failed' | undefined {
  const {
    properties,
    reading: { catalog },
    at,
  } = about;
  const placementId = properties['placement_id'] ?? properties['placementId'];
  if (placementId !== undefined) {
    const booking = typeof placementId === 'string' ? catalog.byPlacement(placementId.toLowerCase()) : undefined;
    if (!booking) return unknown(about, 'placement', 'properties.placement_id');
    return { booking, evidence: 'id' };
  }
  const campaignId = properties['campaign_id'] ?? properties['campaignId'];
  if (campaignId !== undefined) {
    const booking = typeof campaignId === 'string' ? catalog.byCampaign(campaignId.toLowerCase()) : undefined;
    if (!booking) return unknown(about, 'campaign', 'properties.campaign_id');
    return { booking, evidence: 'id' };
  }
  if (landing) {
    const link = landing.slug === undefined ? undefined : catalog.bySlug(landing.slug);
    if (link) return { booking: link, evidence: 'link' };
    const vanity = landing.address === undefined ? undefined : catalog.byVanity(landing.address);
    if (vanity) return { booking: vanity, evidence: 'vanity' };
    const utm = landing.campaign === undefined ? undefined : catalog.byUtm(landing.campaign);
    if (utm) return { booking: utm, evidence: 'utm' };
  }
  const coded = code === undefined ? undefined : catalog.byCode(code, at);
  return coded && { booking: coded, evidence: 'code' };
}

function unknown({ into, index, messageId }: About, what: 'placement' | 'campaign', path: string): 'failed' {
  fail(into, index, messageId, `${what}_unknown`, `there is no ${what} of this id`, path);
  return 'failed';
}

function householdOf(
  { keys, householdBy }: Reading,
  user: string | undefined,
  anonymous: string | undefined,
  ip: unknown,
): string | undefined {
  const network = typeof ip === 'string' && ip.length > 1 && ip.length <= 45 ? ip : undefined;
  if (network !== undefined && (householdBy === 'network' || (user === undefined && anonymous === undefined)))
    return keys.of('ip', network);
  if (user !== undefined) return keys.of('user', user);
  return anonymous === undefined ? undefined : keys.of('anonymous', anonymous);
}

const TIME_MESSAGES = {
  timestamp_invalid: () => 'the timestamp is not an ISO 8601 time',
  too_old: ({ ageMs }: Reading) => `the event is older than ${Math.round(ageMs / 86_400_000)} days`,
  in_future: () => 'the event lies in the future',
} as const;

const NOTHING: Fields = Object.freeze({});
/** An id as text; null when it is there and cannot be one. */
function idOf(value: unknown): string | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  const text =
    typeof value === 'string' ? value : typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
  return text.length >= 1 && text.length <= MAX_ID && !text.includes('\0') ? text : null;
}

function fail(
  into: Intake,
  index: number,
  messageId: string | undefined,
  code: string,
  message: string,
  path?: string,
): void {
  into.errors.push({
    index,
    ...(messageId !== undefined && { messageId }),
    code: `tracking.${code}`,
    message,
    ...(path && { path }),
  });
}
