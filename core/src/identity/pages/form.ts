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
