import { html } from 'hono/html';
import { alert, EMAIL, EMPTY, fields, NAME, NEW_PASSWORD, PASSWORD, WORKSPACE, type FormState } from './form.ts';
import { page } from './layout.ts';

/** Asks for the first owner. `token` goes back with the form. */
export const setupPage = (token: string, state: FormState = EMPTY, status = 200): Promise<Response> =>
  page(
    'Welcome',
    html`<h1>Welcome to Podlift</h1>
      <p class="lead">Make the account that owns this installation, and its first workspace.</p>
      ${alert(state)}
      <form method="post" action="/setup">
        <input type="hidden" name="token" value="${token}" />
        ${fields([NAME, EMAIL, NEW_PASSWORD, WORKSPACE], state)}
        <button type="submit">Create account and workspace</button>
      </form>`,
    status,
  );

/** The link was used, has run out or was never valid; which of them is not told. */
export const setupClosedPage = (): Promise<Response> =>
  page(
    'Link not valid',
    html`<h1>This link does not open anything</h1>
      <p class="lead">
        It was used already, is older than a day, or was not copied whole. As long as nobody owns this installation, a
        restart prints a new one.
      </p>
      <p class="foot"><a href="/sign-in">Sign in instead</a></p>`,
    403,
  );

export interface SignInPage {
  readonly next: string;
  readonly signUp: boolean;
  /** Whether a link for a new password can be sent. */
  readonly forgot: boolean;
}

export const signInPage = (
  { next, signUp, forgot }: SignInPage,
  state: FormState = EMPTY,
  status = 200,
): Promise<Response> =>
  page(
    'Sign in',
    html`<h1>Sign in</h1>
      <p class="lead">Good to see you.</p>
      ${alert(state)}
      <form method="post" action="/sign-in">
        <input type="hidden" name="next" value="${next}" />
        ${fields([EMAIL, PASSWORD], state)}
        <button type="submit">Sign in</button>
      </form>
      ${forgot ? html`<p class="foot"><a href="/forgot-password">Forgot your password?</a></p>` : ''}
      ${signUp ? html`<p class="foot">New here? <a href="/sign-up">Create an account</a></p>` : ''}`,
    status,
  );

export const signUpPage = (state: FormState = EMPTY, status = 200): Promise<Response> =>
  page(
    'Create an account',
    html`<h1>Create an account</h1>
      <p class="lead">For you and a workspace of your own.</p>
      ${alert(state)}
      <form method="post" action="/sign-up">
        ${fields([NAME, EMAIL, NEW_PASSWORD, WORKSPACE], state)}
        <button type="submit">Create account and workspace</button>
      </form>
      <p class="foot">Have an account? <a href="/sign-in">Sign in</a></p>`,
    status,
  );

export const signOutPage = (email: string): Promise<Response> =>
  page(
    'Sign out',
    html`<h1>Sign out?</h1>
      <p class="lead">You are signed in as ${email}.</p>
      <form method="post" action="/sign-out"><button type="submit">Sign out</button></form>
      <p class="foot"><a href="/">Stay signed in</a></p>`,
  );

/** The form came from a page of another site, or from a browser that does not say where from. */
export const crossSitePage = (): Promise<Response> =>
  page(
    'Not sent',
    html`<h1>That form came from elsewhere</h1>
      <p class="lead">For your safety it was not accepted. Open this page at its own address and send it from there.</p>
      <p class="foot"><a href="/sign-in">Sign in</a></p>`,
    403,
  );
