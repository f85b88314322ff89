import { exampleOf, resolve } from '../openapi/example.ts';
import { isObject, METHODS, objectAt, textAt, type JsonObject, type OpenApiDocument } from '../openapi/document.ts';

/** One operation as the reference shows it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string | undefined;
  readonly tag: string;
  readonly plugin: string | undefined;
  readonly permission: string;
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: Content | undefined;
  readonly responses: readonly Answer[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description: string | undefined;
  readonly schema: JsonObject;
  readonly example: string;
}

/** A body with its type. */
export interface Content {
  readonly type: string;
  readonly schema: JsonObject;
  readonly example: unknown;
}

export interface Answer {
  readonly status: string;
  readonly description: string;
  readonly content: Content | undefined;
}

/** Operations of one tag. */
export interface Group {
  readonly name: string;
  readonly id: string;
  readonly description: string | undefined;
  readonly operations: readonly Operation[];
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** All operations by tag, in the order of the document's tags. */
export function readGroups(document: OpenApiDocument): Group[] {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return isObject(operation) ? [readOperation(document, method, path, item, operation)] : [];
    }),
  );
  const byTag = Map.groupBy(operations, ({ tag }) => tag);
  const told = new Map((document.tags ?? []).map(({ name, description }) => [name, description]));
  return [...new Set([...told.keys(), ...byTag.keys()])].flatMap((name) => {
    const found = byTag.get(name);
    return found ? [{ name, id: `tag-${slug(name)}`, description: told.get(name), operations: found }] : [];
  });
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-')
    .replaceAll(/^-|-$/g, '');

function readOperation(
  document: OpenApiDocument,
  method: string,
  path: string,
  item: JsonObject,
  operation: JsonObject,
): Operation {
  const parameters = [...listOf(item['parameters']), ...listOf(operation['parameters'])].map((one) =>
    readParameter(document, resolve(document, one)),
  );
  return {
    id: `${method}-${slug(path)}`,
    method,
    path,
    summary: textAt(operation, 'summary') ?? `${method.toUpperCase()} ${path}`,
    description: textAt(operation, 'description'),
    tag: listOf(operation['tags']).find((tag) => typeof tag === 'string') ?? 'Other',
    plugin: textAt(operation, 'x-plugin'),
    permission: textAt(operation, 'x-permission') ?? 'public',
    deprecated: operation['deprecated'] === true,
    parameters,
    body: readContent(document, resolve(document, operation['requestBody'])),
    responses: Object.entries(objectAt(operation, 'responses')).map(([status, one]) => {
      const answer = resolve(document, one);
      return { status, description: textAt(answer, 'description') ?? '', content: readContent(document, answer) };
    }),
  };
}

function readParameter(document: OpenApiDocument, parameter: JsonObject): Parameter {
  const schema = resolve(document, parameter['schema']);
  const given = parameter['example'] ?? exampleOf(document, schema);
  return {
    name: textAt(parameter, 'name') ?? '',
    in: textAt(parameter, 'in') ?? 'query',
    required: parameter['required'] === true,
    description: textAt(parameter, 'description') ?? textAt(schema, 'description'),
    schema,
    example: typeof given === 'string' ? given : JSON.stringify(given ?? ''),
  };
}

function readContent(document: OpenApiDocument, holder: JsonObject): Content | undefined {
  const [first] = Object.entries(objectAt(holder, 'content'));
  if (!first) return undefined;
  const [type, media] = first;
  const schema = isObject(media) ? objectAt(media, 'schema') : {};
  const [named] = Object.values(objectAt(media, 'examples'));
  const example = (isObject(media) ? media['example'] : undefined) ?? (isObject(named) ? named['value'] : undefined);
  return { type, schema, example: example ?? exampleOf(document, schema) };
}
