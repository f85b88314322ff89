import podcasts from '@podlift/audience-podcasts';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { uuidv7 } from '@podlift/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changed } from './contract.ts';
import campaigns from './index.ts';

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [podcasts, campaigns] });
});
afterAll(() => host?.stop());

type Json = Record<string, unknown> & { id: string };
const send = async (
  tenant: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
) => {
  const response = await host.request(
    `/api/v1/${path}`,
    { method, headers, ...(body && { body: JSON.stringify(body) }) },
    { tenant },
  );
  const text = await response.text();
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    json: (text === '' ? {} : JSON.parse(text)) as Json & {
      items: Json[];
      next: string | null;
      errors: { path: string }[];
      code: string;
    },
  };
};
/** A tenant with a sponsor, a show, a campaign and a placement. */
async function book(status = 'active') {
  const tenant = await host.tenant();
  const make = async (path: string, body: object): Promise<string> => (await send(tenant, 'POST', path, body)).json.id;
  const show = await make('shows', { title: 'The Daily Loaf' });
  const sponsor = await make('sponsors', { name: 'Brew & Co', domain: 'Brew.example' });
  const campaign = await make('campaigns', {
    sponsorId: sponsor,
    name: 'Spring',
    status,
    budget: { amount: '1500.5', currency: 'EUR' },
  });
  const placement = await make('placements', { campaignId: campaign, showId: show, slot: 'mid', cost: '250' });
  return { tenant, show, sponsor, campaign, placement };
}

describe('what is created', () => {
  test('is read back, with its ETag, and listed', async () => {
    const { tenant, sponsor, campaign, placement, show } = await book();
    expect(await send(tenant, 'GET', `campaigns/${campaign}`)).toMatchObject({
      status: 200,
      etag: '"1"',
      json: {
        sponsorId: sponsor,
        name: 'Spring',
        status: 'active',
        goal: 'purchase',
        budget: { amount: '1500.50', currency: 'EUR' },
        version: 1,
      },
    });
    expect((await send(tenant, 'GET', `placements?campaignId=${campaign}&showId=${show}`)).json.items).toMatchObject([
      { id: placement, slot: 'mid', delivery: 'baked_in', read: 'host', cost: '250.00' },
    ]);
    expect((await send(tenant, 'GET', 'campaigns?status=ended')).json.items).toEqual([]);
    expect((await send(tenant, 'GET', 'sponsors?name=BREW%20%26%20co')).json.items).toMatchObject([
      { id: sponsor, domain: 'brew.example' },
    ]);
  });

  test('is listed in pages, newest first', async () => {
    const { tenant, campaign } = await book();
    for (let i = 0; i < 5; i++) await send(tenant, 'POST', 'codes', { code: `C${i}`, campaignId: campaign });
    const found: unknown[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { json }: { json: { items: Json[]; next: string | null } } = await send(
        tenant,
        'GET',
        `codes?limit=2${next && `&cursor=${next}`}`,
      );
      found.push(...json.items.map(({ code }) => code));
      next = json.next;
    }
    expect(found).toEqual(['C4', 'C3', 'C2', 'C1', 'C0']);
    expect((await send(tenant, 'GET', 'codes?cursor=nonsense')).status).toBe(422);
  });

  test('is nobody else’s', async () => {
    const { campaign } = await book();
    const other = await book();
    expect((await send(other.tenant, 'GET', `campaigns/${campaign}`)).status).toBe(404);
    expect((await send(other.tenant, 'PATCH', `campaigns/${campaign}`, { name: 'Mine' })).status).toBe(404);
    expect(await send(other.tenant, 'POST', 'codes', { code: 'X', campaignId: campaign })).toMatchObject({
      status: 422,
      json: { code: 'campaigns.campaign_unknown' },
    });
  });
});

describe('what is wrong is named', () => {
  test.each([
    ['sponsors', { name: ' ' }, ['name']],
    ['sponsors', { name: 'A', color: 'red' }, ['']],
    ['campaigns', { sponsorId: 'x', name: '', budget: { amount: '1,5' } }, ['sponsorId', 'name', 'budget.amount']],
    ['placements', { campaignId: uuidv7(), showId: 'x', slot: 'side' }, ['showId', 'slot']],
    ['codes', { code: 'two words', campaignId: uuidv7() }, ['code']],
    ['links', { slug: 'a/b', target: 'javascript:alert(1)', campaignId: uuidv7() }, ['slug', 'target']],
  ])('%s %j', async (path, body, paths) => {
    const { status, json } = await send(await host.tenant(), 'POST', path, body);
    expect(status).toBe(422);
    expect(json.errors.map((one) => one.path)).toEqual(paths);
  });

  test('also when only the database knows', async () => {
    const { tenant, sponsor, campaign, placement, show } = await book();
    const post = (path: string, body: object) => send(tenant, 'POST', path, body);
    const refused = async (path: string, body: object) => {
      const { status, json } = await post(path, body);
      return [status, json.code, json.errors[0]?.path];
    };
    expect(await refused('sponsors', { name: 'BREW & CO' })).toEqual([409, 'campaigns.name_taken', 'name']);
    expect(await refused('campaigns', { sponsorId: campaign, name: 'X' })).toEqual([
      422,
      'campaigns.sponsor_unknown',
      'sponsorId',
    ]);
    expect(
      await refused('campaigns', {
        sponsorId: sponsor,
        name: 'X',
        startsAt: '2026-02-01T00:00:00Z',
        endsAt: '2026-01-01T00:00:00Z',
      }),
    ).toEqual([422, 'campaigns.invalid', 'endsAt']);
    expect(await refused('placements', { campaignId: campaign, showId: campaign })).toEqual([
      422,
      'campaigns.show_unknown',
      'showId',
    ]);
    await post('codes', { code: 'TIM10', campaignId: campaign, placementId: placement });
    expect(await refused('codes', { code: 'tim10', campaignId: campaign })).toEqual([
      409,
      'campaigns.code_taken',
      'code',
    ]);
    expect(await refused('codes', { code: 'ALL', campaignId: campaign, placementId: placement, shared: true })).toEqual(
      [422, 'campaigns.invalid', 'placementId'],
    );
    const { json: second } = await post('campaigns', { sponsorId: sponsor, name: 'Summer' });
    expect(await refused('codes', { code: 'B', campaignId: second.id, placementId: placement })).toEqual([
      422,
      'campaigns.invalid',
      'placementId',
    ]);
    const link = {
      slug: 'tim',
      target: 'https://brew.example/',
      campaignId: campaign,
      vanityUrl: 'https://www.Brew.example/Tim/',
    };
    expect((await post('links', link)).json).toMatchObject({ vanityUrl: 'brew.example/tim' });
    expect(await refused('links', link)).toEqual([409, 'campaigns.slug_taken', 'slug']);
    expect(await refused('links', { ...link, slug: 'other' })).toEqual([409, 'campaigns.vanityurl_taken', 'vanityUrl']);
    expect(show).toBeDefined();
  });
});

describe('changes', () => {
  test('are made from the version that was read', async () => {
    const { tenant, campaign } = await book();
    const path = `campaigns/${campaign}`;
    expect(
      await send(tenant, 'PATCH', path, { status: 'paused', endsAt: '2027-01-01T00:00:00Z' }, { 'if-match': '"1"' }),
    ).toMatchObject({
      status: 200,
      etag: '"2"',
      json: { status: 'paused', endsAt: '2027-01-01T00:00:00.000Z', name: 'Spring', budget: { amount: '1500.50' } },
    });
    expect(await send(tenant, 'PATCH', path, { status: 'active' }, { 'if-match': '"1"' })).toMatchObject({
      status: 412,
      json: { code: 'http.version_differs' },
    });
    expect((await send(tenant, 'PATCH', path, { endsAt: null }, { 'if-match': '"2"' })).json).toMatchObject({
      status: 'paused',
      endsAt: null,
    });
  });

  test('of two at once: one wins, no change is lost', async () => {
    const { tenant, campaign } = await book();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        send(tenant, 'PATCH', `campaigns/${campaign}`, { name: `N${i}` }, { 'if-match': '"1"' }),
      ),
    );
    const won = all.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(all.every(({ status }) => [200, 409, 412].includes(status))).toBe(true);
    expect((await send(tenant, 'GET', `campaigns/${campaign}`)).json).toMatchObject({
      name: won[0]?.json['name'],
      version: 2,
    });
  });
});

describe('deletion', () => {
  test('deletes what nobody used and archives what somebody did', async () => {
    const draft = await book('draft');
    const { tenant, campaign, placement, sponsor } = draft;
    const { json: code } = await send(tenant, 'POST', 'codes', {
      code: 'A',
      campaignId: campaign,
      placementId: placement,
    });
    expect(await send(tenant, 'DELETE', `placements/${placement}`)).toMatchObject({
      status: 200,
      json: { archivedAt: expect.any(String) },
    });
    expect((await send(tenant, 'DELETE', `codes/${code.id}`)).status).toBe(204);
    expect((await send(tenant, 'DELETE', `placements/${placement}`)).status).toBe(204);
    expect((await send(tenant, 'DELETE', `sponsors/${sponsor}`)).status).toBe(200);
    expect((await send(tenant, 'DELETE', `campaigns/${campaign}`)).status).toBe(204);
    expect((await send(tenant, 'DELETE', `sponsors/${sponsor}`)).status).toBe(204);
    expect((await send(tenant, 'GET', 'sponsors?archived=all')).json.items).toEqual([]);
  });

  test('of a code that ran gives its name back', async () => {
    const { tenant, campaign } = await book();
    const { json: code } = await send(tenant, 'POST', 'codes', { code: 'TIM10', campaignId: campaign });
    expect((await send(tenant, 'DELETE', `codes/${code.id}`)).status).toBe(200);
    expect((await send(tenant, 'POST', 'codes', { code: 'tim10', campaignId: campaign })).status).toBe(201);
    expect((await send(tenant, 'GET', 'codes?archived=true')).json.items).toHaveLength(1);
  });
});

describe('the catalogue for other plugins', () => {
  const call = (tenant: string, method: string, input: object) =>
    host.call(['campaigns.catalog@1', method], input, { tenant });

  test('is made in bulk, read as a snapshot, and tells what resolves to what', async () => {
    const tenant = await host.tenant();
    const [show] = Object(await host.call(['podcasts.shows@1', 'create'], { shows: [{ title: 'A' }] }, { tenant })).ids;
    const [sponsorId] = Object(await call(tenant, 'createSponsors', { items: [{ name: 'S' }] })).ids;
    const campaignIds: string[] = Object(
      await call(tenant, 'createCampaigns', {
        items: Array.from({ length: 40 }, (_, i) => ({ sponsorId, name: `C${i}` })),
      }),
    ).ids;
    expect(campaignIds).toHaveLength(40);
    const [campaignId] = campaignIds;
    const [placementId] = Object(
      await call(tenant, 'createPlacements', { items: [{ campaignId, showId: show, costMicros: 5n }] }),
    ).ids;
    await call(tenant, 'createCodes', { items: [{ code: 'TIM10', campaignId, placementId }] });
    await call(tenant, 'createLinks', {
      items: [{ slug: 'tim', target: 'https://b.example/', campaignId, placementId, utm: { campaign: 'Tims' } }],
    });

    const snapshot = Object(await call(tenant, 'snapshot', {}));
    expect(snapshot).toMatchObject({
      unchanged: false,
      placements: [{ id: placementId, campaignId, showId: show, episodeId: null }],
      codes: [{ key: 'tim10', campaignId, placementId }],
      links: [{ slug: 'tim', utmCampaign: 'tims' }],
    });
    expect(snapshot.campaigns).toHaveLength(40);
    expect(await call(tenant, 'snapshot', { known: snapshot.version })).toMatchObject({
      unchanged: true,
      campaigns: [],
    });
    const resolved = { campaignId, placementId, showId: show };
    expect(await call(tenant, 'resolve', { code: 'Tim10' })).toMatchObject(resolved);
    expect(await call(tenant, 'resolve', { slug: 'tim' })).toMatchObject({ ...resolved, target: 'https://b.example/' });
    expect(await call(tenant, 'resolve', { code: 'nope' })).toMatchObject({ campaignId: null });
    expect(Object(await call(tenant, 'campaigns', { limit: 500 })).items).toHaveLength(40);
    expect(await call(tenant, 'placements', { campaignId })).toMatchObject({
      items: [{ id: placementId, costMicros: 5n }],
    });
  });

  test('says when it changed', async () => {
    const { tenant, campaign } = await book();
    await send(tenant, 'PATCH', `campaigns/${campaign}`, { status: 'ended' });
    const events = await host.events(tenant, changed.id);
    expect(events.map(({ payload }) => payload)).toMatchObject([
      { kind: 'sponsor', change: 'created' },
      { kind: 'campaign', change: 'created' },
      { kind: 'placement', change: 'created' },
      { kind: 'campaign', change: 'updated', ids: [campaign] },
    ]);
  });

  test('what is refused leaves no trace', async () => {
    const tenant = await host.tenant();
    await expect(call(tenant, 'createSponsors', { items: [{ name: 'A' }, { name: 'a' }] })).rejects.toMatchObject({
      code: 'campaigns.name_taken',
    });
    expect((await send(tenant, 'GET', 'sponsors')).json.items).toEqual([]);
    expect(await host.events(tenant, changed.id)).toEqual([]);
  });
});
