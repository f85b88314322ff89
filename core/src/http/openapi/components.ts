import { isObject, type JsonObject, type OpenApiDocument } from './document.ts';

/** The parts of a document that others may point to. Security schemes are the product's own. */
const SHARED = [
  'schemas',
  'responses',
  'parameters',
  'examples',
  'requestBodies',
  'headers',
  'links',
  'callbacks',
  'pathItems',
];
const REFERENCE = /^#\/components\/(\w+)\/(.+)$/;

/** A document whose shared parts carry a prefix, so that documents of several owners can stand in one. */
export function prefixComponents(document: OpenApiDocument, prefix: string): OpenApiDocument {
  const rename = (name: string): string => `${prefix}.${name}`;
  const rewrite = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((one) => rewrite(one));
    if (typeof value === 'string' && (key === '$ref' || key === 'mapping')) return renameReference(value, rename);
    if (!isObject(value)) return value;
    // Examples are data: what looks like a reference in them is none.
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === 'example' || name === 'examples' || name === 'default'
          ? one
          : rewrite(one, key === 'mapping' ? key : name),
      ]),
    );
  };
  const components = Object.entries(document.components ?? {})
    .filter(([kind]) => SHARED.includes(kind))
    .map(([kind, parts]) => [
      kind,
      Object.fromEntries(Object.entries(parts).map(([name, part]) => [rename(name), rewrite(part)])),
    ]);
  return {
    ...document,
    paths: rewrite(document.paths ?? {}) as Record<string, JsonObject>,
    components: Object.fromEntries(components) as Record<string, JsonObject>,
  };
}

function renameReference(reference: string, rename: (name: string) => string): string {
  const [, kind, name] = REFERENCE.exec(reference) ?? [];
  return kind && name && SHARED.includes(kind) ? `#/components/${kind}/${rename(name)}` : reference;
}
