import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dateOf, dayOf, NO_RATE, ratesChanged, tryDay } from './contract.ts';
import plugin from './index.ts';
import { eurofxref } from './testing/eurofxref.ts';

const HOST = 'https://www.ecb.europa.eu/stats/eurofxref/';
const DAILY = `${HOST}eurofxref-daily.xml`;
const MONTHS = `${HOST}eurofxref-hist-90d.xml`;
const friday = { time: '2026-02-27', rates: { USD: '1.1792', GBP: '0.8754', JPY: '184.11' } };
const monday = { time: '2026-03-02', rates: { USD: '1.1810', GBP: '0.8760', JPY: '184.50', ISK: '143.2' } };
const NOW = Date.UTC(2026, 2, 2, 18);

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [plugin], clock: NOW });
});
afterAll(() => host?.stop());

const ask = async (tenant: string, path: string, permissions?: string[]) => {
  const response = await host.request(`/api/v1/currency${path}`, {}, { tenant, ...(permissions && { permissions }) });
  return { status: response.status, body: await response.json() };
};
const send = async (
  tenant: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await host.request(`/api/v1/currency${path}`, { method, body: text, headers }, { tenant });
  return {
    status: response.status,
    body:
      response.status === 204 || (response.status === 202 && !response.headers.get('content-type'))
        ? null
        : await response.json(),
    headers: response.headers,
  };
};
const put = (tenant: string, date: string, base: string, rates: object) =>
  send(tenant, 'PUT', '/rates', { date, base, rates });
const csv = (tenant: string, text: string, query = '') =>
  send(tenant, 'POST', `/rates/import${query}`, text, { 'content-type': 'text/csv' });
const refresh = async (tenant: string, history = 'new') => {
  expect((await send(tenant, 'POST', `/refresh?history=${history}`, '')).status).toBe(202);
  await host.drain();
  // Attempts that come later.
  for (let n = 0; n < 2; n++) {
    host.clock.advance(10 * 60_000);
    await host.drain();
  }
};
const reference = async (tenant: string) => (await ask(tenant, '/sources')).body.reference;
const withRates = async (): Promise<string> => {
  const tenant = await host.tenant();
  host.http.answer({ [MONTHS]: eurofxref([monday, friday]) });
  await refresh(tenant, '90-days');
  return tenant;
};

describe('own rates', () => {
  test('are set, changed and removed; each change is kept with who made it, and told', async () => {
    const tenant = await host.tenant();
    expect(await put(tenant, '2026-03-01', 'USD', { EUR: '0.8512', ARS: '1425.5' })).toMatchObject({ status: 200 });
    expect((await put(tenant, '2026-03-01', 'USD', { EUR: '0.86', ARS: null })).body).toEqual({
      date: '2026-03-01',
      base: 'USD',
      rates: { EUR: '0.86' },
    });
    // The same again is no change.
    await put(tenant, '2026-03-01', 'USD', { EUR: '0.86' });
    const { items } = (await ask(tenant, '/changes')).body;
    expect(items).toHaveLength(4);
    expect(items).toContainEqual({
      at: new Date(host.clock.now()).toISOString(),
      by: 'tester',
      action: 'set',
      date: '2026-03-01',
      base: 'USD',
      currency: 'EUR',
      before: '0.8512',
      after: '0.86',
      count: null,
    });
    expect(await host.events(tenant, ratesChanged.id)).toHaveLength(2);
    expect((await ask(tenant, '/rates?date=2026-03-02&base=EUR')).body).toMatchObject({
      items: [{ from: 'EUR', to: 'USD', date: '2026-03-01', age: 1, source: 'own', fraction: '50/43' }],
      unknown: [],
    });
  });

  test.each([
    [{ date: '2026-02-30', base: 'USD', rates: { EUR: '1' } }, ['date']],
    [{ date: '2026-03-01', base: 'usd', rates: { EUR: '1' } }, ['base']],
    [{ date: '2026-03-01', base: 'USD', rates: { EUR: '0' } }, ['rates', 'EUR']],
    [{ date: '2026-03-01', base: 'USD', rates: { EUR: 1.5 } }, ['rates', 'EUR']],
    [{ date: '2026-03-01', base: 'USD', rates: { EURO: '1' } }, ['rates', 'EURO']],
    [{ date: '2026-03-01', base: 'USD', rates: { USD: '1' } }, ['rates', 'USD']],
    [{ date: '2026-03-01', base: 'USD', rates: {} }, ['rates']],
    [{ date: '2026-03-01', base: 'USD', rates: { EUR: '1' }, more: 1 }, []],
  ])('%j names the wrong field', async (body, path) => {
    const tenant = await host.tenant();
    const answer = await send(tenant, 'PUT', '/rates', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]).toMatchObject({ in: 'body' });
    expect(JSON.stringify(answer.body.errors)).toContain(path.at(-1) ?? 'more');
    expect((await ask(tenant, '/changes')).body.items).toEqual([]);
  });

  test('belong to their tenant', async () => {
    const [one, two] = [await host.tenant(), await host.tenant()];
    await put(one, '2026-03-01', 'USD', { EUR: '0.85' });
    expect((await ask(two, '/rates?date=2026-03-01&currencies=EUR')).body).toMatchObject({
      items: [],
      unknown: ['EUR'],
    });
    expect((await ask(two, '/changes')).body.items).toEqual([]);
  });

  test('need permission', async () => {
    const tenant = await host.tenant();
    const body = JSON.stringify({ date: '2026-03-01', base: 'USD', rates: { EUR: '1' } });
    const response = await host.request(
      '/api/v1/currency/rates',
      { method: 'PUT', body },
      { tenant, permissions: ['currency:read'] },
    );
    expect(response.status).toBe(403);
    expect((await ask(tenant, '/rates', ['shows:read'])).status).toBe(403);
  });

  test('of two people at once on one day: nobody’s are lost in silence', async () => {
    const tenant = await host.tenant();
    await put(tenant, '2026-03-01', 'USD', { EUR: '0.85' });
    const answers = await Promise.all([
      put(tenant, '2026-03-01', 'USD', { GBP: '0.74' }),
      put(tenant, '2026-03-01', 'USD', { CHF: '0.79' }),
    ]);
    const { rates } = (await put(tenant, '2026-03-01', 'USD', { JPY: '156' })).body;
    for (const [at, code] of ['GBP', 'CHF'].entries()) expect(code in rates).toBe(answers[at]?.status === 200);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });
});

describe('a file', () => {
  const HEAD = 'date,base,currency,rate\n';
  test('is tried, refused as a whole when a row is wrong, imported in part when asked, and changes nothing twice', async () => {
    const tenant = await host.tenant();
    const text = `${HEAD}2026-03-01,USD,EUR,0.85\n2026-03-01,USD,GBP,zero\n2026-03-02,USD,EUR,0.86\n`;
    const wrong = { row: 3, field: 'rate', value: 'zero' };
    expect((await csv(tenant, text, '?dryRun=true')).body).toMatchObject({
      status: 'dry-run',
      rows: 3,
      failed: 1,
      problems: [wrong],
    });
    expect(await csv(tenant, text)).toMatchObject({ status: 422, body: { code: 'currency.import_refused' } });
    expect((await ask(tenant, '/rates?date=2026-03-02')).body.items).toEqual([]);
    expect((await csv(tenant, text, '?partial=true')).body).toMatchObject({ status: 'done', imported: 2, failed: 1 });
    expect((await csv(tenant, text, '?partial=true')).body).toMatchObject({ imported: 0 });
    expect((await ask(tenant, '/rates?date=2026-03-02')).body.items).toMatchObject([{ to: 'EUR', rate: '0.86' }]);
    expect((await ask(tenant, '/changes')).body.items).toMatchObject([{ action: 'imported', count: 2, by: 'tester' }]);
  });

  test('that is large goes on in the background', async () => {
    const tenant = await host.tenant();
    const days = Array.from({ length: 6000 }, (_, n) => dateOf(10_000 + n));
    const sent = await csv(tenant, HEAD + days.map((date, n) => `${date},USD,EUR,0.${100_000 + n}`).join('\n'));
    expect(sent).toMatchObject({ status: 202, body: { status: 'waiting', rows: 6000 } });
    expect(sent.headers.get('location')).toBe(`/api/v1/currency/imports/${sent.body.id}`);
    await host.drain();
    expect((await ask(tenant, `/imports/${sent.body.id}`)).body).toMatchObject({ status: 'done', imported: 6000 });
    expect((await ask(tenant, `/rates?date=${dateOf(15_999)}`)).body.items).toMatchObject([{ rate: '0.105999' }]);
    const other = await host.tenant();
    expect((await ask(other, `/imports/${sent.body.id}`)).status).toBe(404);
  });

  test('adds to what is there, and its rates of a day stand beside others', async () => {
    const tenant = await host.tenant();
    await put(tenant, '2026-03-01', 'USD', { GBP: '0.74', EUR: '0.8' });
    expect((await csv(tenant, `${HEAD}2026-03-01,USD,EUR,0.85\n`)).body).toMatchObject({ imported: 1 });
    const { body } = await put(tenant, '2026-03-01', 'USD', { CHF: '0.79' });
    expect(body.rates).toEqual({ GBP: '0.74', EUR: '0.85', CHF: '0.79' });
  });

  test('in a form is read too; what is none is refused', async () => {
    const tenant = await host.tenant();
    const form = new FormData();
    form.set('file', new File([`${HEAD}2026-03-01,USD,EUR,0.85`], 'rates.csv'));
    const response = await host.request('/api/v1/currency/rates/import', { method: 'POST', body: form }, { tenant });
    expect(await response.json()).toMatchObject({ imported: 1 });
    expect((await csv(tenant, 'a,b')).body.code).toBe('currency.not_csv');
    expect((await send(tenant, 'POST', '/rates/import', {})).status).toBe(422);
    expect((await csv(tenant, HEAD, '?dryRun=yes')).body.errors).toMatchObject([{ in: 'query' }]);
  });
});

describe('converting', () => {
  test('says which rate of which day each figure used, and guesses none', async () => {
    const tenant = await withRates();
    const { body } = await send(tenant, 'POST', '/convert', {
      to: 'EUR',
      date: '2026-03-01',
      items: [
        { amount: '1500.00', currency: 'USD' },
        { amount: '100', currency: 'EUR' },
        { amount: '5', currency: 'XAF' },
        { amount: '-99.99', currency: 'GBP', date: '2026-03-02' },
      ],
    });
    expect(body).toMatchObject({
      unknown: 1,
      items: [
        {
          amount: '1272.05',
          rate: { date: '2026-02-27', age: 2, source: 'ecb', fraction: '625/737', quotes: [{ rate: '1.1792' }] },
        },
        { amount: '100.00', rate: { source: 'same' } },
        { amount: null, rate: null, reason: expect.stringContaining('there is no rate of XAF in EUR on 2026-03-01') },
        { amount: '-114.14', rate: { date: '2026-03-02' } },
      ],
    });
  });

  test.each([
    [{ to: 'EURO', items: [{ amount: '1', currency: 'USD' }] }, 'to'],
    [{ to: 'EUR', items: [] }, 'items'],
    [{ to: 'EUR', items: [{ amount: '1,5', currency: 'USD' }] }, 'amount'],
    [{ to: 'EUR', items: [{ amount: 1, currency: 'USD' }] }, 'amount'],
    [{ to: 'EUR', items: [{ amount: '1', currency: 'usd' }] }, 'currency'],
    [{ to: 'EUR', date: '2023-02-29', items: [{ amount: '1', currency: 'USD' }] }, 'date'],
    [{ to: 'EUR', rounding: 'up', items: [{ amount: '1', currency: 'USD' }] }, 'rounding'],
  ])('%j names the wrong field', async (body, field) => {
    const answer = await send(await host.tenant(), 'POST', '/convert', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].path.split('.').at(-1)).toBe(field);
  });

  test('columns keeps rows apart by currency and day', async () => {
    const tenant = await withRates();
    const input = {
      codes: ['USD', 'JPY', 'EUR', 'XAF'],
      to: 'EUR',
      amounts: BigInt64Array.of(11_792_000n, 184_500_000n, 7n, -1n, 11_810_000n),
      code: Uint16Array.of(0, 1, 2, 3, 0),
      day: Int32Array.of(
        ...['2026-03-01', '2026-03-02', '2026-03-02', '2026-03-02', '2026-03-02'].map((date) => tryDay(date) ?? 0),
      ),
    };
    const convert = (more: object) =>
      host.call(['currency.rates@1', 'convertColumn'], { ...input, ...more }, { tenant });
    await expect(convert({})).rejects.toMatchObject({
      code: 'currency.rate_unknown',
      details: { rows: 1, missing: [{ from: 'XAF' }] },
    });
    expect(await convert({ unknown: 'mark' })).toMatchObject({
      amounts: BigInt64Array.of(10_000_000n, 1_000_000n, 7n, 0n, 10_000_000n),
      rate: Uint32Array.of(0, 1, 2, NO_RATE, 3),
      unknownRows: 1,
    });
    const floats = await host.call(
      ['currency.rates@1', 'convertFloats'],
      { codes: ['USD'], to: 'EUR', date: '2026-03-01', amounts: Float64Array.of(117.92, -1.1792) },
      { tenant },
    );
    expect(floats).toMatchObject({ rates: [{ from: 'USD', date: '2026-02-27' }] });
    const wrong = (more: object, error: object) =>
      expect(convert({ unknown: 'mark', ...more })).rejects.toMatchObject(error);
    await wrong({ code: Uint16Array.of(0) }, { code: 'invalid_input', details: [{ path: ['code'] }] });
    await wrong({ code: Uint16Array.of(0, 1, 2, 9, 0) }, { details: [{ path: ['code'] }] });
    await wrong({ day: Int32Array.of(1, 2, 3, 4, -5) }, { details: [{ path: ['day', '4'] }] });
    await wrong({ date: '2026-03-01' }, { details: [{ path: ['date'] }] });
    await wrong({ day: undefined }, { details: [{ path: ['date'] }] });
    await wrong({ amounts: Float64Array.of(1) }, { code: 'invalid_input' });
  });

  test('which source wins is a setting', async () => {
    const tenant = await withRates();
    await put(tenant, '2026-03-01', 'USD', { EUR: '0.5' });
    const sourceOf = async () =>
      (await ask(tenant, '/rates?date=2026-03-02&base=USD&currencies=EUR')).body.items[0]?.source;
    const set = (value: object) => host.rooms.settings.set(tenant, 'podlift.currency', value, { by: 'test' });
    expect(await sourceOf()).toBe('own');
    await set({ sources: 'ecb-first' });
    expect(await sourceOf()).toBe('ecb');
    await set({ sources: 'own-only', ownMaxAgeDays: 0 });
    expect(await sourceOf()).toBeUndefined();
    expect((await send(tenant, 'POST', '/refresh', '')).body.code).toBe('currency.reference_not_used');
  });

  test('a pair over time shows days with a rate of their own', async () => {
    const tenant = await withRates();
    const { body } = await ask(tenant, '/history?from=USD&to=GBP&since=2026-02-20&until=2026-03-05');
    expect(body.items.map(({ date }: { date: string }) => date)).toEqual(['2026-02-27', '2026-03-02']);
    expect((await ask(tenant, '/history?from=USD&to=GBP&since=2020-01-01')).body.next).toBe('2021-02-04');
    expect((await ask(tenant, '/history?from=USD&to=GBP&since=2026-03-01&until=2026-02-01')).body.errors).toMatchObject(
      [{ path: 'until' }],
    );
  });
});

describe('reference rates', () => {
  test('are read, asked whether they changed, and filled up after a gap', async () => {
    const tenant = await host.tenant();
    host.clock.set(NOW);
    host.http.answer({ [MONTHS]: eurofxref([friday]) });
    await refresh(tenant);
    expect(await reference(tenant)).toMatchObject({ lastDate: '2026-02-27', failures: 0 });

    let asked = '';
    host.http.answer({
      [DAILY]: ({ headers }) => {
        asked = headers['if-none-match'] ?? '';
        return asked === '"m"'
          ? new Response(null, { status: 304 })
          : new Response(eurofxref([monday], "'"), { headers: { etag: '"m"' } });
      },
    });
    await refresh(tenant);
    expect(await reference(tenant)).toMatchObject({ lastDate: '2026-03-02', failures: 0 });
    await refresh(tenant);
    expect([asked, await reference(tenant)]).toMatchObject(['"m"', { lastDate: '2026-03-02', failures: 0 }]);
    expect(await host.events(tenant, ratesChanged.id)).toHaveLength(2);
    // A currency that is new on Monday has no rate on Friday.
    expect((await ask(tenant, '/rates?date=2026-03-02&base=EUR&currencies=ISK')).body.items).toHaveLength(1);
    expect((await ask(tenant, '/rates?date=2026-03-01&base=EUR&currencies=ISK')).body.unknown).toEqual(['ISK']);
  });

  test.each([
    ['a page instead', '<html></html>', 'not a file of reference rates'],
    ['half of a file', eurofxref([monday]).slice(0, 500), 'end in the middle'],
    ['a day of the future', eurofxref([{ ...monday, time: '2026-04-01' }]), 'wrong day'],
    ['too much', ' '.repeat(2 * 1024 * 1024), 'larger than'],
    ['a 404', { status: 404 }, 'answered 404'],
    ['a 503', { status: 503 }, 'answered 503'],
    ['an empty 304 that nobody asked for', { status: 304 }, 'answered 304'],
  ])('%s is a failure with its reason, and nothing is stored', async (_, answer, reason) => {
    const tenant = await host.tenant();
    host.http.answer({ [MONTHS]: answer });
    await refresh(tenant);
    expect(await reference(tenant)).toMatchObject({
      failures: 1,
      lastDate: null,
      lastError: expect.stringContaining(reason),
    });
    expect((await ask(tenant, '/rates?date=2026-03-02')).body.items).toEqual([]);
    host.http.answer({ [MONTHS]: eurofxref([monday]) });
    await refresh(tenant);
    expect(await reference(tenant)).toMatchObject({
      failures: 0,
      lastError: null,
      failingSince: null,
      lastDate: '2026-03-02',
    });
  });

  test('that fail for three days are told once, by mail too, and the plugin is not well', async () => {
    const tenant = await withRates();
    host.http.answer({ [MONTHS]: { status: 500 }, [DAILY]: { status: 500 } });
    const health = () => host.plugins.checkHealth('podlift.currency', tenant);
    expect(await health()).toEqual({ ok: true });
    for (let n = 0; n < 5; n++) {
      await refresh(tenant);
      host.clock.advance(24 * 3_600_000);
    }
    expect(await health()).toEqual({
      ok: false,
      reason: expect.stringContaining('reference rates are missing since 2026-03-'),
    });
    const told = await host.messages(tenant);
    expect(told).toMatchObject([
      {
        kind: 'podlift.currency/feed-failing',
        title: 'Reference rates are missing',
        body: expect.stringContaining('for 3 days: www.ecb.europa.eu answered 500'),
      },
    ]);
    expect((await host.mails()).filter(({ subject }) => subject === 'Reference rates are missing')).toHaveLength(1);
  });

  test('that stand still are a failure too, and what they say is kept', async () => {
    const tenant = await host.tenant();
    host.http.answer({ [MONTHS]: eurofxref([{ ...friday, time: dateOf(dayOf(new Date(host.clock.now())) - 20) }]) });
    await refresh(tenant);
    expect(await reference(tenant)).toMatchObject({
      failures: 1,
      lastError: expect.stringContaining('still of'),
      lastDate: expect.any(String),
    });
  });
});
