import type { CoreRoute } from '../../http/index.ts';
import { languagesOf } from '../account-letters.ts';
import type { Identity } from '../identity.ts';
import { codeOf, explain, missing, type FormRoutes } from './form-routes.ts';
import {
  confirmClosedPage,
  confirmedPage,
  confirmPage,
  forgotPage,
  forgotSentPage,
  noMailPage,
  resetClosedPage,
  resetDonePage,
  resetPage,
} from './letter-pages.ts';

/** The pages behind the links of letters: a new password, and an address that is confirmed. */
export function letterRoutes({ letters, trail }: Identity, { get, post }: FormRoutes): CoreRoute[] {
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
