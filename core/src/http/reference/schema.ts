import { html, type Html } from '../pages/html.ts';
import { resolve } from '../openapi/example.ts';
import { isObject, objectAt, textAt, type JsonObject, type OpenApiDocument } from '../openapi/document.ts';

const DEEPEST = 5;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The name of a schema's type in a few words: `string <uuid>`, `Campaign[]`, `"a" | "b"`. */
export function typeOf(document: OpenApiDocument, given: unknown, depth = 0): string {
  const name = textAt(given, '$ref')?.split('/').at(-1)?.split('.').at(-1);
  if (name !== undefined) return name;
  const schema = isObject(given) ? given : {};
  if (depth > 3) return '…';
  if ('const' in schema) return JSON.stringify(schema['const']);
  const choices = listOf(schema['enum']);
  if (choices.length > 0) return choices.map((one) => JSON.stringify(one)).join(' | ');
  const options = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  if (options.length > 0) return options.map((one) => typeOf(document, one, depth + 1)).join(' | ');
  const parts = listOf(schema['allOf']);
  if (parts.length > 0) return parts.map((one) => typeOf(document, one, depth + 1)).join(' & ');
  const types = [schema['type']].flat().filter((one) => typeof one === 'string');
  if (types.includes('array')) return `${typeOf(document, schema['items'], depth + 1)}[]`;
  const format = textAt(schema, 'format');
  const words = types.length === 0 ? ('properties' in schema ? ['object'] : ['any']) : types;
  return words.join(' | ') + (format === undefined ? '' : ` <${format}>`);
}

/** Bounds and defaults of a schema: what a caller must keep. */
export function limitsOf(schema: JsonObject): string[] {
  const told = (label: string, ...names: string[]): string[] =>
    names.flatMap((name) => (schema[name] === undefined ? [] : [`${label} ${JSON.stringify(schema[name])}`]));
  return [
    ...told('at least', 'minimum', 'minLength', 'minItems'),
    ...told('more than', 'exclusiveMinimum'),
    // What JavaScript can hold is no bound that anybody meant.
    ...(schema['maximum'] === Number.MAX_SAFE_INTEGER ? [] : told('at most', 'maximum')),
    ...told('at most', 'maxLength', 'maxItems'),
    ...told('less than', 'exclusiveMaximum'),
    ...(schema['default'] === undefined ? [] : [`default ${JSON.stringify(schema['default'])}`]),
  ];
}

/** The properties of a schema as rows; objects inside open on a click. */
export function schemaRows(
  document: OpenApiDocument,
  given: unknown,
  depth = 0,
  seen: readonly unknown[] = [],
): Html | undefined {
  const schema = objectIn(document, given);
  if (!schema || depth > DEEPEST || seen.includes(schema.properties)) return undefined;
  const required = listOf(schema['required']);
  const rows = Object.entries(schema.properties).map(([name, one]) => {
    const resolved = resolve(document, one);
    const inner = schemaRows(document, one, depth + 1, [...seen, schema.properties]);
    return fieldRow({
      name,
      type: typeOf(document, one),
      required: required.includes(name),
      description: textAt(resolved, 'description') ?? textAt(one, 'description'),
      limits: limitsOf(resolved),
      inner,
    });
  });
  return rows.length === 0
    ? undefined
    : html`<ul class="fields">
        ${rows}
      </ul>`;
}

/** One field or parameter. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string | undefined;
  readonly limits: readonly string[];
  readonly inner?: Html | undefined;
}

export const fieldRow = ({ name, type, required, description, limits, inner }: Field): Html =>
  html`<li>
    <div class="field">
      <code class="name">${name}</code>
      <span class="type">${type}</span>${required ? html` <span class="must">required</span>` : ''}
    </div>
    ${
      description ? html`<p>${description}</p>` : ''
    }${limits.length > 0 ? html`<p class="limits">${limits.join(' · ')}</p>` : ''}${
      inner
        ? html`<details>
            <summary>Fields</summary>
            ${inner}
          </details>`
        : ''
    }
  </li>`;

/** The object with properties that a schema is, holds in an array, or may be. */
function objectIn(
  document: OpenApiDocument,
  given: unknown,
): (JsonObject & { readonly properties: JsonObject }) | undefined {
  const schema = resolve(document, given);
  if ('properties' in schema) return { ...schema, properties: objectAt(schema, 'properties') };
  if ('items' in schema) return objectIn(document, schema['items']);
  const parts = listOf(schema['allOf']).map((one) => objectIn(document, one));
  if (parts.length > 0)
    return {
      required: parts.flatMap((one) => listOf(one?.['required'])),
      properties: Object.assign({}, ...parts.map((one) => one?.properties ?? {})) as JsonObject,
    };
  for (const option of [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])]) {
    const found = objectIn(document, option);
    if (found) return found;
  }
  return undefined;
}
