import { html } from 'hono/html';
import { alert, EMAIL, EMPTY, fields, NEW_PASSWORD, type FormState } from './form.ts';
import { page } from './layout.ts';

export const forgotPage = (state: FormState = EMPTY, status = 200): Promise<Response> =>
  page(
    'New password',
    html`<h1>Forgot your password?</h1>
      <p class="lead">Tell us your e-mail address. We send a link there that lets you choose a new one.</p>
      ${alert(state)}
      <form method="post" action="/forgot-password">
        ${fields([EMAIL], state)}
        <button type="submit">Send the link</button>
      </form>
      <p class="foot"><a href="/sign-in">Back to sign in</a></p>`,
    status,
  );

/** No mails leave this installation: whoever runs it sets passwords. */
export const noMailPage = (): Promise<Response> =>
  page(
    'New password',
    html`<h1>Forgot your password?</h1>
      <p class="lead">This installation sends no mails. Ask whoever runs it for a new password.</p>
      <p class="foot"><a href="/sign-in">Back to sign in</a></p>`,
  );

/** The same for every address, whether it has an account or not. */
export const forgotSentPage = (): Promise<Response> =>
  page(
    'Look into your mail',
    html`<h1>Look into your mail</h1>
      <p class="lead">
        If there is an account with that address, a link is on its way to it. It works once, within an hour.
      </p>
      <p class="foot"><a href="/sign-in">Back to sign in</a></p>`,
  );

export const resetPage = (token: string, state: FormState = EMPTY, status = 200): Promise<Response> =>
  page(
    'New password',
    html`<h1>Choose a new password</h1>
      <p class="lead">Everybody who is signed in to your account is signed out.</p>
      ${alert(state)}
      <form method="post" action="/reset-password">
        <input type="hidden" name="token" value="${token}" />
        ${fields([NEW_PASSWORD], state)}
        <button type="submit">Set the password</button>
      </form>`,
    status,
  );

export const resetDonePage = (): Promise<Response> =>
  page(
    'Password set',
    html`<h1>Your password is set</h1>
      <p class="lead">Sign in with the new one.</p>
      <p class="foot"><a href="/sign-in">Sign in</a></p>`,
  );

export const resetClosedPage = (): Promise<Response> =>
  page(
    'Link not valid',
    html`<h1>This link does not open anything</h1>
      <p class="lead">It was used already, is older than an hour, or was not copied whole.</p>
      <p class="foot"><a href="/forgot-password">Ask for a new one</a></p>`,
    403,
  );

/** A look at the link confirms nothing, because programs look at every link of a mail. */
export const confirmPage = (token: string): Promise<Response> =>
  page(
    'Confirm your address',
    html`<h1>Confirm your e-mail address</h1>
      <p class="lead">One click, and it is known to be yours.</p>
      <form method="post" action="/verify-email">
        <input type="hidden" name="token" value="${token}" />
        <button type="submit">Confirm</button>
      </form>`,
  );

export const confirmedPage = (): Promise<Response> =>
  page(
    'Address confirmed',
    html`<h1>Your address is confirmed</h1>
      <p class="lead">Messages reach you there from now on.</p>
      <p class="foot"><a href="/">Go on</a></p>`,
  );

export const confirmClosedPage = (): Promise<Response> =>
  page(
    'Link not valid',
    html`<h1>This link does not open anything</h1>
      <p class="lead">It was used already, is older than a day, or was not copied whole.</p>
      <p class="foot"><a href="/verify-email/again">Ask for a new one</a></p>`,
    403,
  );

export const confirmAgainPage = (email: string, state: FormState = EMPTY, status = 200): Promise<Response> =>
  page(
    'Confirm your address',
    html`<h1>Confirm your e-mail address</h1>
      <p class="lead">We send a new link to ${email}.</p>
      ${alert(state)}
      <form method="post" action="/verify-email/again"><button type="submit">Send the link</button></form>
      <p class="foot"><a href="/">Go on without</a></p>`,
    status,
  );

export const confirmSentPage = (email: string): Promise<Response> =>
  page(
    'Look into your mail',
    html`<h1>Look into your mail</h1>
      <p class="lead">If ${email} is not confirmed yet, a link is on its way to it. It works once, within a day.</p>
      <p class="foot"><a href="/">Go on</a></p>`,
  );
