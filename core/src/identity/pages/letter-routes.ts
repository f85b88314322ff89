import type { CoreRoute } from '../../http/index.ts';
import { languagesOf } from '../account-letters.ts';
import type { Identity } from '../identity.ts';
import { codeOf, explain, missing, redirect, type FormRoutes } from './form-routes.ts';
import {
  confirmAgainPage,
  confirmClosedPage,
  confirmedPage,
  confirmPage,
  confirmSentPage,
  forgotPage,
  forgotSentPage,
  noMailPage,
  resetClosedPage,
  resetDonePage,
  resetPage,
} from './letter-pages.ts';

/** The pages behind the links of letters: a new password, and an address that is confirmed. */
export function letterRoutes(identity: Identity, { get, post }: FormRoutes): CoreRoute[] {
  const { letters, trail } = identity;
  const personOf = async (request: Request) => {
    const who = await identity.authenticate(request);
    return who?.kind === 'session' ? who.user : undefined;
  };
  return [
    get('/forgot-password', async () => (letters.open ? forgotPage() : noMailPage())),
    post('/forgot-password', async (c, values) => {
      if (!letters.open) return noMailPage();
      const state = missing(values, ['email']);
      if (state) return forgotPage(state, 422);
      try {
        const languages = languagesOf(c.req.header('accept-language'));
        await letters.forgot(values['email'] ?? '', { ip: c.get('ip'), languages });
      } catch (error) {
        return forgotPage(...explain(error, values));
      }
      return forgotSentPage();
    }),
    get('/reset-password', async (c) => resetPage(c.req.query('token') ?? '')),
    post('/reset-password', async (c, values) => {
      const { token = '', password = '' } = values;
      const state = missing(values, ['password']);
      if (state) return resetPage(token, state, 422);
      try {
        await letters.reset(token, password, c.get('ip'));
      } catch (error) {
        if (codeOf(error) === 'identity.reset_closed') return resetClosedPage();
        return resetPage(token, ...explain(error, values));
      }
      return resetDonePage();
    }),
    get('/verify-email/again', async (c) => {
      if (!letters.open) return noMailPage();
      const user = await personOf(c.req.raw);
      return user ? confirmAgainPage(user.email) : redirect('/sign-in?next=/verify-email/again');
    }),
    post('/verify-email/again', async (c, values) => {
      const user = await personOf(c.req.raw);
      if (!user) return redirect('/sign-in?next=/verify-email/again');
      try {
        await letters.askAgain(user, languagesOf(c.req.header('accept-language')));
      } catch (error) {
        return confirmAgainPage(user.email, ...explain(error, values));
      }
      await trail.did(user.id, 'user.confirmation_asked');
      return confirmSentPage(user.email);
    }),
    get('/verify-email', async (c) => {
      const token = c.req.query('token') ?? '';
      return (await letters.canConfirm(token)) ? confirmPage(token) : confirmClosedPage();
    }),
    post('/verify-email', async (_, { token = '' }) => {
      const user = await letters.confirm(token);
      if (!user) return confirmClosedPage();
      await trail.did(user, 'user.email_confirmed');
      return confirmedPage();
    }),
  ];
}
