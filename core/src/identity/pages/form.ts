import { html } from 'hono/html';
import type { Html } from './layout.ts';

/** One input of a form. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password';
  readonly hint?: string;
  readonly autocomplete: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly autofocus?: boolean;
}

/** What was sent, and what was wrong with it. */
export interface FormState {
  readonly values: Readonly<Record<string, string>>;
  /** Message by the name of the field. */
  readonly wrong: Readonly<Record<string, string>>;
  /** What is wrong with the whole. */
  readonly alert?: string | undefined;
}

export const EMPTY: FormState = { values: {}, wrong: {} };

export function alert({ alert: text, wrong }: FormState): Html | '' {
  const count = Object.keys(wrong).length;
  const said = text ?? (count > 0 ? `Please look at ${count === 1 ? 'one field' : `${count} fields`} again.` : '');
  return said ? html`<p class="alert" role="alert">${said}</p>` : '';
}

/** A labelled input; hint and mistake are tied to it for those who do not see them. */
export function field(one: Field, { values, wrong }: FormState): Html {
  const { name, label, type = 'text', hint, autocomplete, minLength, maxLength, autofocus } = one;
  const mistake = wrong[name];
  const described = [hint && `${name}-hint`, mistake && `${name}-wrong`].filter(Boolean).join(' ');
  // A password is never sent back into the page.
  const value = type === 'password' ? '' : (values[name] ?? '');
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      required
      ${minLength ? html`minlength="${minLength}"` : ''}
      ${maxLength ? html`maxlength="${maxLength}"` : ''}
      ${described ? html`aria-describedby="${described}"` : ''}
      ${mistake ? html`aria-invalid="true"` : ''}
      ${autofocus ? 'autofocus' : ''}
    />
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ''}
    ${mistake ? html`<p class="wrong" id="${name}-wrong">${mistake}</p>` : ''}
  </div>`;
}
