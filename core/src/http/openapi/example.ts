import { isObject, objectAt, type JsonObject, type OpenApiDocument } from './document.ts';

const DEEPEST = 6;
const FORMATS: Readonly<Record<string, string>> = {
  uuid: '0192b6e2-3c4d-7e5f-8a9b-0c1d2e3f4a5b',
  'date-time': '2026-03-01T12:00:00Z',
  date: '2026-03-01',
  time: '12:00:00',
  email: 'ada@example.com',
  uri: 'https://example.com',
  url: 'https://example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
};

/** Follows a reference within the document. */
export function resolve(document: OpenApiDocument, value: unknown): JsonObject {
  let found = isObject(value) ? value : {};
  for (let hops = 0; hops < 10 && typeof found['$ref'] === 'string'; hops += 1) {
    const parts = found['$ref'].replace('#/', '').split('/');
    found = parts.reduce<JsonObject>((at, part) => objectAt(at, part), document as JsonObject);
  }
  return found;
}

/** A value that fits a schema: its own example, or one made up from its type. */
export function exampleOf(document: OpenApiDocument, given: unknown, depth = 0): unknown {
  const schema = resolve(document, given);
  if ('example' in schema) return schema['example'];
  const [first] = listOf(schema['examples']);
  if (first !== undefined) return first;
  if ('default' in schema) return schema['default'];
  if ('const' in schema) return schema['const'];
  const [choice] = listOf(schema['enum']);
  if (choice !== undefined) return choice;
  if (depth > DEEPEST) return null;
  const parts = listOf(schema['allOf']);
  if (parts.length > 0) return Object.assign({}, ...parts.map((part) => exampleOf(document, part, depth + 1)));
  const options = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  if (options.length > 0) return exampleOf(document, options[0], depth + 1);
  return ofType(document, schema, depth);
}

function ofType(document: OpenApiDocument, schema: JsonObject, depth: number): unknown {
  const [type] = [schema['type']].flat();
  if (type === 'object' || 'properties' in schema)
    return Object.fromEntries(
      Object.entries(objectAt(schema, 'properties')).map(([name, one]) => [name, exampleOf(document, one, depth + 1)]),
    );
  if (type === 'array') return [exampleOf(document, schema['items'], depth + 1)];
  if (type === 'integer' || type === 'number') return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
  if (type === 'boolean') return true;
  if (type === 'string') return FORMATS[String(schema['format'])] ?? 'text';
  return null;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
