import { describe, expect, test } from 'vitest';
import { timeOfUuidv7 } from '@podlift/sdk';
import { createCatalogIndex } from './catalog-index.ts';
import { createLinkColumns, createOrderColumns, createTouchColumns } from './columns.ts';
import { readItem } from './item.ts';
import type { Intake, Reading } from './reading.ts';
import { createHouseholdKeys } from './keys.ts';
import { KnownLinks } from './known-links.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const day = 86_400_000;
const id = (n: number): string => `0192b6e2-0000-7000-8000-${String(n).padStart(12, '0')}`;
const [campaign, other, placement, show] = [id(1), id(2), id(3), id(4)];
const catalog = createCatalogIndex({
  campaigns: [
    { id: campaign, key: 'spring' },
    { id: other, key: 'summer' },
  ],
  placements: [{ id: placement, campaignId: campaign, showId: show, episodeId: null }],
  codes: [
    { key: 'tim10', campaignId: campaign, placementId: placement, validFrom: null, validUntil: new Date(now - day) },
    { key: 'tim10', campaignId: other, placementId: null, validFrom: new Date(now - day), validUntil: null },
  ],
  links: [
    {
      id: id(5),
      slug: 'Tim',
      target: 'https://shop.example/',
      campaignId: campaign,
      placementId: placement,
      utm: {},
      utmCampaign: 'tims-show',
      vanity: 'shop.example/tim',
    },
  ],
});
const keys = createHouseholdKeys(Buffer.alloc(32, 7));
const reading = (over: Partial<Reading> = {}): Reading => ({
  now,
  ageMs: 400 * day,
  keys,
  catalog,
  links: new KnownLinks(),
  householdBy: 'person',
  currency: 'USD',
  ...over,
});

function read(item: unknown, over?: Partial<Reading>): Intake {
  const into: Intake = {
    touches: createTouchColumns(),
    orders: createOrderColumns(),
    links: createLinkColumns(),
    errors: [],
    ignored: 0,
  };
  readItem(item, 0, reading(over), into);
  return into;
}
const page = (url: string, more: object = {}): object => ({
  type: 'page',
  messageId: 'm',
  anonymousId: 'a',
  context: { page: { url }, ...more },
});
const order = (properties: object, more: object = {}): object => ({
  type: 'track',
  event: 'Order Completed',
  messageId: 'm',
  userId: 'u',
  properties: { order_id: 'o-1', revenue: 59.9, ...properties },
  ...more,
});

describe('touchpoints', () => {
  test('carry their time in their id and their household as a key', () => {
    const { touches, errors } = read({
      type: 'track',
      event: 'Signed Up',
      messageId: 'm',
      anonymousId: 'a',
      timestamp: '2026-02-28T12:00:00Z',
    });
    expect(errors).toEqual([]);
    expect(timeOfUuidv7(touches.id[0] ?? '')).toBe(now - day);
    expect(touches).toMatchObject({
      household: [keys.of('anonymous', 'a')],
      kind: ['event'],
      channel: ['direct'],
      name: ['Signed Up'],
      campaign: [null],
      evidence: [null],
    });
  });

  test.each([
    ['Podcast Ad Impression', 'impression', 'podcast'],
    ['Episode Downloaded', 'download', 'podcast'],
    ['link clicked', 'click', 'direct'],
    ['Anything Else', 'event', 'direct'],
  ])('%s is a %s of %s', (event, kind, channel) => {
    const { touches } = read({ type: 'track', event, anonymousId: 'a' });
    expect([touches.kind[0], touches.channel[0]]).toEqual([kind, channel]);
  });

  test('without a message id are always new', () => {
    const { touches } = read({ type: 'track', event: 'x', anonymousId: 'a' });
    expect(touches.key).toEqual([null]);
  });

  test.each([
    ['https://shop.example/?plc=Tim', 'link', placement],
    ['https://www.Shop.example/TIM/', 'vanity', placement],
    ['https://shop.example/x?utm_source=pod&utm_campaign=Tims-Show', 'utm', placement],
    ['https://shop.example/x?utm_campaign=SPRING', 'utm', null],
  ])('%s is known by its %s', (url, evidence, expected) => {
    const { touches } = read(page(url));
    expect(touches).toMatchObject({
      kind: ['visit'],
      channel: ['podcast'],
      evidence: [evidence],
      campaign: [campaign],
      placement: [expected],
      show: [expected && show],
    });
  });

  test.each([
    ['https://shop.example/?utm_source=Google&utm_medium=CPC', {}, 'google/cpc'],
    ['https://shop.example/', { campaign: { source: 'news', medium: 'email' } }, 'news/email'],
    [
      'https://shop.example/',
      { page: { url: 'https://shop.example/', referrer: 'https://www.bing.com/search?q=x' } },
      'bing.com/referral',
    ],
    [
      'https://shop.example/',
      { page: { url: 'https://shop.example/b', referrer: 'https://shop.example/a' } },
      'direct',
    ],
    ['https://shop.example/?utm_campaign=unknown', {}, 'direct'],
  ])('%s %j comes from %s', (url, context, channel) => {
    const { touches } = read(page(url, context));
    expect([touches.kind[0], touches.channel[0]]).toEqual(['page', channel]);
  });

  test('may name their placement or campaign', () => {
    expect(
      read({ type: 'track', event: 'x', anonymousId: 'a', properties: { placement_id: placement.toUpperCase() } })
        .touches,
    ).toMatchObject({
      campaign: [campaign],
      placement: [placement],
      show: [show],
      evidence: ['id'],
    });
    expect(
      read({ type: 'track', event: 'x', anonymousId: 'a', properties: { campaignId: other } }).touches,
    ).toMatchObject({ campaign: [other], placement: [null] });
  });
});

describe('identity', () => {
  test('is the user, else the anonymous visitor, else the network', () => {
    const both = read({ type: 'track', event: 'x', userId: 7, anonymousId: 'a' });
    expect(both.touches.household).toEqual([keys.of('user', '7')]);
    expect(both.links).toEqual({ alias: [keys.of('anonymous', 'a')], household: [keys.of('user', '7')] });
    expect(read({ type: 'track', event: 'x', context: { ip: '2001:db8:1:2::9' } }).touches.household).toEqual([
      keys.of('ip', '2001:db8:1:2:ffff::1'),
    ]);
  });

  test('that are tied already are not tied again', () => {
    const links = new KnownLinks();
    links.add([keys.of('anonymous', 'a')], [keys.of('user', 'u')]);
    expect(read({ type: 'identify', userId: 'u', anonymousId: 'a' }, { links }).links.alias).toEqual([]);
    expect(read({ type: 'identify', userId: 'v', anonymousId: 'a' }, { links }).links.alias).toHaveLength(1);
  });

  test('is the network first when the tenant says so', () => {
    const { touches, links } = read(
      { type: 'track', event: 'x', userId: 'u', anonymousId: 'a', context: { ip: '203.0.113.7' } },
      { householdBy: 'network' },
    );
    expect(touches.household).toEqual([keys.of('ip', '203.0.113.7')]);
    expect(links.alias).toEqual([]);
  });

  test('calls tie identities together and are no touchpoints', () => {
    const identify = read({ type: 'identify', userId: 'u', anonymousId: 'a' });
    expect([identify.touches.id.length, identify.links.alias.length]).toEqual([0, 1]);
    expect(read({ type: 'alias', userId: 'u', previousId: 'a' }).links.alias).toEqual([keys.of('anonymous', 'a')]);
  });
});

describe('orders', () => {
  test('have an exact value, a currency and the campaign of their code at that time', () => {
    const { orders, errors } = read(
      order({ revenue: '59.90', currency: 'eur', coupon: ' TIM10 ', new_customer: true }),
    );
    expect(errors).toEqual([]);
    expect(orders).toMatchObject({
      kind: ['order'],
      order_id: ['o-1'],
      value_micros: [59_900_000n],
      currency: ['EUR'],
      code: ['tim10'],
      evidence: ['code'],
      campaign: [other],
      placement: [null],
      new_customer: [true],
    });
    expect(read(order({ coupon: 'TIM10' }, { timestamp: '2026-02-01T00:00:00Z' })).orders.placement).toEqual([
      placement,
    ]);
  });

  test('take total when there is no revenue, and the tenant currency', () =>
    expect(read(order({ revenue: undefined, total: 10 })).orders).toMatchObject({
      value_micros: [10_000_000n],
      currency: ['USD'],
    }));

  test('are refunded in part or whole', () => {
    const refund = (properties: object) =>
      read(order({ revenue: undefined, ...properties }, { event: 'Order Refunded' })).orders;
    expect(refund({ total: 5 })).toMatchObject({ kind: ['refund'], value_micros: [5_000_000n] });
    expect(refund({})).toMatchObject({ kind: ['refund'], value_micros: [null] });
  });

  test('an unknown code costs nothing', () => {
    const { orders, errors } = read(order({ coupon: 'NOPE' }));
    expect([errors, orders.code, orders.campaign]).toEqual([[], ['nope'], [null]]);
  });
});

test.each([
  [null, 'item_invalid', undefined],
  [[], 'item_invalid', undefined],
  ['track', 'item_invalid', undefined],
  [{ type: 'track', event: 'x' }, 'identity_missing', 'userId'],
  [{ type: 'track', event: 'x', userId: {} }, 'identity_invalid', 'userId'],
  [{ type: 'track', event: 'x', anonymousId: 'a'.repeat(256) }, 'identity_invalid', 'anonymousId'],
  [{ type: 'track', event: 'x', userId: 'a\0b' }, 'identity_invalid', 'userId'],
  [{ type: 'track', userId: 'u' }, 'event_missing', 'event'],
  [{ type: 'dance', userId: 'u' }, 'type_unknown', 'type'],
  [{ userId: 'u' }, 'type_unknown', 'type'],
  [{ type: 'page', userId: 'u', messageId: 5 }, 'message_id_invalid', 'messageId'],
  [{ type: 'page', userId: 'u', messageId: 'm'.repeat(256) }, 'message_id_invalid', 'messageId'],
  [{ type: 'page', userId: 'u', timestamp: 'soon' }, 'timestamp_invalid', 'timestamp'],
  [{ type: 'page', userId: 'u', timestamp: '2020-01-01T00:00:00Z' }, 'too_old', 'timestamp'],
  [{ type: 'page', userId: 'u', timestamp: '2027-01-01T00:00:00Z' }, 'in_future', 'timestamp'],
  [{ type: 'page', userId: 'u', properties: { text: 'x'.repeat(40_000) } }, 'item_too_large', undefined],
  [
    JSON.parse(`{"type":"page","userId":"u","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    'item_too_large',
    undefined,
  ],
  [{ type: 'page', userId: 'u', properties: { campaign_id: id(9) } }, 'campaign_unknown', 'properties.campaign_id'],
  [{ type: 'page', userId: 'u', properties: { placement_id: 5 } }, 'placement_unknown', 'properties.placement_id'],
  [order({ order_id: '' }), 'order_id_missing', 'properties.order_id'],
  [order({ revenue: 'free' }), 'revenue_invalid', 'properties.revenue'],
  [order({ revenue: -1 }), 'revenue_invalid', 'properties.revenue'],
  [order({ revenue: undefined }), 'revenue_invalid', 'properties.value'],
  [order({ currency: 'dollars' }), 'currency_invalid', 'properties.currency'],
])('%j is an error of its own: %s', (item, code, path) => {
  const { errors, touches, orders } = read(item);
  expect(errors).toMatchObject([{ index: 0, code: `tracking.${code}`, ...(path && { path }) }]);
  expect([touches.id, orders.id]).toEqual([[], []]);
});

test('`__proto__` and friends are only names', () => {
  const { errors, touches } = read(
    JSON.parse(
      '{"type":"track","event":"__proto__","anonymousId":"constructor","properties":{"__proto__":{"order_id":1}}}',
    ),
  );
  expect([errors, touches.kind]).toEqual([[], ['event']]);
});

test('a zero byte, which PostgreSQL cannot keep, is dropped and the hit is not', () => {
  const url = 'https://shop.example/?utm_source=pod%00cast&utm_medium=audio';
  const { touches } = read({ type: 'track', userId: 'u', event: 'Play\0ed', context: { page: { url } } });
  expect([touches.name, touches.channel]).toEqual([['Played'], ['podcast/audio']]);
  const order = { order_id: '1', revenue: 1, coupon: '\0tim10' };
  expect(read({ type: 'track', userId: 'u', event: 'Order Completed', properties: order }).orders.code).toEqual([
    'tim10',
  ]);
});

test('an address of slashes takes no longer than another', () => {
  const started = performance.now();
  read(page(`https://a.example${'/'.repeat(32_000)}x`));
  expect(performance.now() - started).toBeLessThan(50);
});
