import { html } from 'hono/html';
import { PASSWORD_LENGTH } from '../limits.ts';
import type { Html } from './layout.ts';

/** One input of a form. */
interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password';
  readonly hint?: string;
  readonly autocomplete: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** The fields that our pages ask for. */
export const NAME: Field = { name: 'name', label: 'Your name', autocomplete: 'name', maxLength: 100 };
export const EMAIL: Field = {
  name: 'email',
  label: 'E-mail address',
  type: 'email',
  autocomplete: 'username',
  maxLength: 254,
};
export const NEW_PASSWORD: Field = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'new-password',
  hint: `At least ${PASSWORD_LENGTH.min} characters. A few words in a row are easy to keep in mind.`,
  minLength: PASSWORD_LENGTH.min,
  maxLength: PASSWORD_LENGTH.max,
};
export const PASSWORD: Field = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'current-password',
  maxLength: PASSWORD_LENGTH.max,
};
export const WORKSPACE: Field = {
  name: 'workspace',
  label: 'Workspace',
  autocomplete: 'organization',
  hint: 'The name of your company, network or show. It can be changed later.',
  maxLength: 80,
};

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

/** The fields in order; what is wrong first, or else what is empty first, has the cursor. */
export function fields(all: readonly Field[], state: FormState): Html[] {
  const first =
    all.find(({ name }) => state.wrong[name]) ??
    all.find(({ name, type }) => type === 'password' || !state.values[name]);
  return all.map((one) => field(one, state, one === first));
}

/** A labelled input; hint and mistake are tied to it for those who do not see them. */
function field(one: Field, { values, wrong }: FormState, focus: boolean): Html {
  const { name, label, type = 'text', hint, autocomplete, minLength, maxLength } = one;
  const mistake = wrong[name];
  const described = [hint && `${name}-hint`, mistake && `${name}-wrong`].filter(Boolean).join(' ');
  const input = attributes({
    id: name,
    name,
    type,
    // A password is never sent back into the page.
    value: type === 'password' ? '' : (values[name] ?? ''),
    autocomplete,
    minlength: minLength,
    maxlength: maxLength,
    'aria-describedby': described || undefined,
    'aria-invalid': mistake && 'true',
    autofocus: focus && '',
  });
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input${input} required />
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ''}
    ${mistake ? html`<p class="wrong" id="${name}-wrong">${mistake}</p>` : ''}
  </div>`;
}

const attributes = (given: Readonly<Record<string, string | number | false | undefined>>): Html[] =>
  Object.entries(given).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : [html` ${name}="${value}"`],
  );
