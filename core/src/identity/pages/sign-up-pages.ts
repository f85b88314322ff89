import { html } from 'hono/html';
import { page } from './layout.ts';

/** The same for every address, whether it has an account or not. */
export const signUpSentPage = (): Promise<Response> =>
  page(
    'Look into your mail',
    html`<h1>Look into your mail</h1>
      <p class="lead">
        A letter is on its way to that address. Its link makes your account; it works once, within a day.
      </p>
      <p class="foot">Nothing came? <a href="/sign-up">Send the form once more</a></p>`,
  );

/** A look at the link makes nothing, because programs look at every link of a mail. */
export const signUpConfirmPage = (token: string): Promise<Response> =>
  page(
    'Confirm your address',
    html`<h1>Confirm your e-mail address</h1>
      <p class="lead">One click, and your account and workspace are made.</p>
      <form method="post" action="/sign-up/confirm">
        <input type="hidden" name="token" value="${token}" />
        <button type="submit">Confirm</button>
      </form>`,
  );

export const signUpDonePage = (): Promise<Response> =>
  page(
    'Account made',
    html`<h1>Your account is made</h1>
      <p class="lead">Sign in with the password that you chose.</p>
      <p class="foot"><a href="/sign-in">Sign in</a></p>`,
  );

export const signUpClosedPage = (): Promise<Response> =>
  page(
    'Link not valid',
    html`<h1>This link does not open anything</h1>
      <p class="lead">It was used already, is older than a day, or was not copied whole.</p>
      <p class="foot"><a href="/sign-in">Sign in</a> or <a href="/sign-up">sign up once more</a></p>`,
    403,
  );
