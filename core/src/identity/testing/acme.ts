import type { TestServer } from '@podlift/testkit/postgres';
import type { Owner } from '../onboarding.ts';
import { openApp, type AppRooms, type Browser } from './app.ts';
import { PASSWORD } from './rooms.ts';

/** An installation with people in it: Ada runs it and owns Acme, Bob owns Beta, Vic owns a workspace of his own. */
export interface Acme {
  readonly rooms: AppRooms;
  readonly acme: Owner;
  readonly beta: Owner;
  readonly ada: Browser;
  readonly bob: Browser;
  signedIn(name: string, host?: string): Promise<Browser>;
  /** Headers that name Acme. */
  inAcme(headers?: Record<string, string>): Record<string, string>;
}

/** What a person gives to register. */
export const person = (name: string) => ({
  name,
  email: `${name}@x.test`,
  password: PASSWORD,
  workspace: `${name} media`,
});
/** Status and code of a problem. */
export const code = async (response: Response): Promise<unknown> => [response.status, (await response.json()).code];
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

export async function openAcme(server: TestServer): Promise<Acme> {
  const rooms = await openApp(server, { baseDomain: 'podlift.test', publicUrl: 'http://podlift.test' });
  const acme = await rooms.identity.createOwner(person('ada'));
  const beta = await rooms.identity.signUp(person('bob'));
  await rooms.identity.signUp(person('vic'));
  const signedIn = async (name: string, host?: string): Promise<Browser> => {
    const browser = rooms.browser(host);
    await browser.submit('/sign-in', { email: `${name}@x.test`, password: PASSWORD });
    return browser;
  };
  return {
    rooms,
    acme,
    beta,
    ada: await signedIn('ada'),
    bob: await signedIn('bob'),
    signedIn,
    inAcme: (headers = {}) => ({ 'podlift-tenant': acme.tenant.slug, ...headers }),
  };
}
