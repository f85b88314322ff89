import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home } from '../app/testing/home.ts';
import type { Product } from '../app/testing/product.ts';

const SLOW = 120_000;
const PASSWORD = 'seven quiet lighthouses';

describe('backups and the doctor over REST', () => {
  let home: Home;
  let product: Product;
  let key: string;
  let owner: string;
  let cookie: string;
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${product.url}${path}`, { method, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const signIn = async (email: string): Promise<string> => {
    const response = await fetch(`${product.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: product.url },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    expect(response.status).toBe(200);
    return response.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
  };
  beforeAll(async () => {
    home = createHome({ PODLIFT_PASSWORD: PASSWORD });
    product = await home.start(['start', '--empty']);
    await home.ask('tenant', 'create', 'acme');
    const made = await home.ask('key', 'create', '--tenant', 'acme', '--name', 'test');
    ({ key } = made as { key: string });
    await home.ask('user', 'create', 'owner@x.test', '--tenant', 'acme');
    await home.ask('user', 'create', 'op@x.test', '--operator');
    [owner, cookie] = [await signIn('owner@x.test'), await signIn('op@x.test')];
  }, SLOW);
  afterAll(() => home.remove());

  test.each(['GET /api/v1/system/backups', 'POST /api/v1/system/backups', 'GET /api/v1/system/doctor'])(
    '%s is for operators only',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      expect((await ask(method, path)).status).toBe(401);
      expect((await ask(method, path, { authorization: 'Bearer plk_made-up' })).status).toBe(401);
      const others: Record<string, string>[] = [
        { authorization: `Bearer ${key}` },
        { cookie: owner, origin: product.url },
      ];
      for (const who of others) {
        const refused = await ask(method, path, who);
        expect(refused.status).toBe(403);
        expect(JSON.stringify(refused.body)).not.toContain(home.dataDir);
      }
      expect((await ask('GET', '/api/v1/system/backups', { cookie })).body['items']).toEqual([]);
    },
  );

  test('an operator makes a backup, sees it, and has the installation examined', { timeout: SLOW }, async () => {
    const made = await ask('POST', '/api/v1/system/backups', { cookie, origin: product.url });
    expect(made.status).toBe(201);
    const { body } = await ask('GET', '/api/v1/system/backups', { cookie });
    expect(body).toMatchObject({ scheduled: false, items: [{ id: made.body['id'] }] });
    const doctor = await ask('GET', '/api/v1/system/doctor', { cookie });
    expect(doctor.status).toBe(200);
    expect(doctor.body['items']).toContainEqual(expect.objectContaining({ check: 'versions' }));
  });
});
