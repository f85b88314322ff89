import type { Audit, Witness } from '../../audit/index.ts';
import type { CoreRoute } from '../../http/index.ts';
import type { Tenancy } from '../../tenancy/index.ts';
import { visitOf } from '../auth-route.ts';
import type { Identity } from '../identity.ts';
import type { Owner } from '../onboarding.ts';
import { codeOf, createFormRoutes, explain, missing, redirect, safePath } from './form-routes.ts';
import { joinRoutes } from './join-routes.ts';
import { letterRoutes } from './letter-routes.ts';
import { signUpClosedPage, signUpConfirmPage, signUpDonePage, signUpSentPage } from './sign-up-pages.ts';
import { setupClosedPage, setupPage, signInPage, signOutPage, signUpPage } from './pages.ts';

/** The pages a person needs before the admin interface exists: set up, sign in, sign up, sign out. */
export function pageRoutes(
  identity: Identity,
  tenancy: Pick<Tenancy, 'get'>,
  { signUp, audit }: { readonly signUp: boolean; readonly audit: Pick<Audit, 'record'> },
): CoreRoute[] {
  const forms = createFormRoutes(identity);
  const { get, post, enter } = forms;
  const begun: Witness<Owner> = (tx, { user, tenant }) =>
    audit.record(tx, {
      tenant: tenant.id,
      actor: { kind: 'user', id: user.id },
      action: 'tenant.created',
      target: `tenant:${tenant.id}`,
      details: { slug: tenant.slug, name: tenant.name, plan: tenant.plan },
    });

  return [
    get('/setup', async (c) => {
      const token = c.req.query('token') ?? '';
      return (await identity.isSetupOpen(token)) ? setupPage(token) : setupClosedPage();
    }),
    post('/setup', async (c, values) => {
      const { token = '' } = values;
      const state = missing(values, ['name', 'email', 'password', 'workspace']);
      if (state) return (await identity.isSetupOpen(token)) ? setupPage(token, state, 422) : setupClosedPage();
      try {
        await identity.setUp(token, owner(values), (tx, { user, tenant }) =>
          audit.record(tx, {
            tenant: tenant.id,
            operator: true,
            actor: { kind: 'user', id: user.id },
            action: 'installation.set_up',
            target: `user:${user.id}`,
            details: { slug: tenant.slug },
          }),
        );
      } catch (error) {
        if (codeOf(error) === 'identity.setup_closed') return setupClosedPage();
        return setupPage(token, ...explain(error, values));
      }
      return enter(c, values, '/');
    }),
    get('/sign-in', async (c) => {
      const next = safePath(c.req.query('next'));
      return (await identity.authenticate(c.req.raw))
        ? redirect(next)
        : signInPage({ next, signUp, forgot: identity.letters.open });
    }),
    post('/sign-in', async (c, values) => {
      const next = safePath(values['next']);
      const state = missing(values, ['email', 'password']);
      if (state) return signInPage({ next, signUp, forgot: identity.letters.open }, state, 422);
      try {
        return await enter(c, values, next);
      } catch (error) {
        return signInPage({ next, signUp, forgot: identity.letters.open }, ...explain(error, values));
      }
    }),
    get('/sign-out', async (c) => {
      const who = await identity.authenticate(c.req.raw);
      return who?.kind === 'session' ? signOutPage(who.user.email) : redirect('/sign-in');
    }),
    post('/sign-out', async (c) => redirect('/sign-in', await identity.signOut(c.req.raw, c.get('ip')))),
    ...(signUp
      ? [
          get('/sign-up', () => signUpPage()),
          post('/sign-up', async (c, values) => {
            const state = missing(values, ['name', 'email', 'password', 'workspace']);
            if (state) return signUpPage(state, 422);
            if (identity.letters.open)
              return identity.signUpByLetter.ask(owner(values), visitOf(c)).then(
                () => signUpSentPage(),
                (error: unknown) => signUpPage(...explain(error, values)),
              );
            try {
              await identity.signUp(owner(values), begun);
            } catch (error) {
              return signUpPage(...explain(error, values));
            }
            return enter(c, values, '/');
          }),
          get('/sign-up/confirm', async (c) => {
            const token = c.req.query('token') ?? '';
            return (await identity.signUpByLetter.isOpen(token)) ? signUpConfirmPage(token) : signUpClosedPage();
          }),
          post('/sign-up/confirm', async (_, { token = '' }) =>
            (await identity.signUpByLetter.finish(token, begun)) ? signUpDonePage() : signUpClosedPage(),
          ),
        ]
      : []),
    ...joinRoutes(identity, tenancy, audit, forms),
    ...letterRoutes(identity, forms),
  ];
}

const owner = ({ name = '', email = '', password = '', workspace = '' }: Record<string, string>) => ({
  name: name.trim(),
  email,
  password,
  workspace: workspace.trim(),
});
