/** Operations of an OpenAPI document, as far as a walk over all of them needs them. */
export interface Operation {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly pathParams: readonly string[];
  readonly queryParams: readonly string[];
  /** Answers without a credential. */
  readonly isPublic: boolean;
  /** What it asks of who calls it, as in `campaigns:read`; empty when the document does not say. */
  readonly permission: string;
  /** A body that fits, from the document; undefined when the operation takes none. */
  readonly example: unknown;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, { readonly example?: unknown }>> };
}

interface RawOperation {
  readonly security?: readonly unknown[];
  readonly 'x-permission'?: string;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, RawContent>> };
}

interface RawContent {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly schema?: { readonly $ref?: string; readonly example?: unknown };
}

/** Every operation of a document. */
export function operationsOf(document: unknown): Operation[] {
  // The product's own document; a test on it fails when its shape is another.
  const { paths, components } = document as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { parameters = [], requestBody, security, 'x-permission': permission = '' }]) => {
        const content = requestBody?.content?.['application/json'];
        const named = (place: string): string[] =>
          parameters.flatMap((one) => (one.in === place && one.name ? [one.name] : []));
        return {
          method: method.toUpperCase(),
          path,
          pathParams: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
          queryParams: named('query'),
          isPublic: security?.length === 0,
          permission,
          example: content && (exampleOf(content, components?.schemas ?? {}) ?? {}),
        };
      },
    ),
  );
}

function exampleOf(
  { example, examples = {}, schema }: RawContent,
  schemas: Readonly<Record<string, { readonly example?: unknown }>>,
) {
  const [first] = Object.values(examples);
  return example ?? first?.value ?? schema?.example ?? schemas[schema?.$ref?.split('/').at(-1) ?? '']?.example;
}

/** Every value of a key, anywhere in a JSON value. */
export function collectByKey(value: unknown, into: Map<string, Set<string>>, key = ''): void {
  if (Array.isArray(value)) for (const one of value) collectByKey(one, into, key);
  else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value)) collectByKey(one, into, name);
  else if (typeof value === 'string' && value !== '') into.set(key, (into.get(key) ?? new Set()).add(value));
}

/** Replaces every string under a key that names an id of something else. */
export function replaceIds(value: unknown, replace: (key: string) => string | undefined, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => replaceIds(one, replace, key));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaceIds(one, replace, name)]));
  return typeof value === 'string' ? (replace(key) ?? value) : value;
}
