import { html } from 'hono/html';
import { alert, EMPTY, fields, NAME, NEW_PASSWORD, type FormState } from './form.ts';
import { page } from './layout.ts';

/** For somebody without an account: makes it under the address that was invited. */
export const joinNewPage = (
  token: string,
  workspace: string,
  email: string,
  state: FormState = EMPTY,
  status = 200,
): Promise<Response> =>
  page(
    `Join ${workspace}`,
    html`<h1>Join ${workspace}</h1>
      <p class="lead">You were invited as ${email}. Make your account to join.</p>
      ${alert(state)}
      <form method="post" action="/join">
        <input type="hidden" name="token" value="${token}" />
        <input type="hidden" name="username" value="${email}" autocomplete="username" />
        ${fields([NAME, NEW_PASSWORD], state)}
        <button type="submit">Create account and join</button>
      </form>`,
    status,
  );

/** For somebody who is signed in under the address that was invited. */
export const joinPage = (
  token: string,
  workspace: string,
  email: string,
  state: FormState = EMPTY,
  status = 200,
): Promise<Response> =>
  page(
    `Join ${workspace}`,
    html`<h1>Join ${workspace}</h1>
      <p class="lead">You were invited as ${email}.</p>
      ${alert(state)}
      <form method="post" action="/join">
        <input type="hidden" name="token" value="${token}" />
        <button type="submit">Join</button>
      </form>`,
    status,
  );

/** For somebody who has an account under that address and is not signed in with it. */
export const joinSignInPage = (token: string, workspace: string, email: string): Promise<Response> =>
  page(
    `Join ${workspace}`,
    html`<h1>Join ${workspace}</h1>
      <p class="lead">You were invited as ${email}, which has an account here. Sign in with it to join.</p>
      <p class="foot"><a href="/sign-in?next=/join?token=${token}">Sign in</a></p>`,
  );

export const joinClosedPage = (): Promise<Response> =>
  page(
    'Link not valid',
    html`<h1>This invitation does not open anything</h1>
      <p class="lead">
        It was used already, was taken back, has run out, or was not copied whole. Ask whoever invited you for a new
        one.
      </p>
      <p class="foot"><a href="/sign-in">Sign in instead</a></p>`,
    403,
  );
