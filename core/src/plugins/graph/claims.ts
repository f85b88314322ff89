import { pluginSchema } from '@podlift/sdk/kernel';
import { writerRole } from '../../data/index.ts';
import type { GraphNode, Refusal } from './node.ts';

/** Who owns what: each of these has one owner only. */
export interface Claims {
  readonly services: ReadonlyMap<string, string>;
  readonly points: ReadonlyMap<string, string>;
  readonly views: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, string>;
  readonly prefixes: ReadonlyMap<string, string>;
  /** Schemas and roles of the database: `a.b-c` and `a-b.c` would share one. */
  readonly schemas: ReadonlyMap<string, string>;
}

/** The owner of what belongs to the product itself. */
export const HOST = 'podlift';

type Kind = keyof Claims;
const WORDS: Readonly<Record<Kind, string>> = {
  services: 'provide',
  points: 'open',
  views: 'publish',
  entries: 'contribute',
  prefixes: 'claim the path',
  schemas: 'keep its data in',
};

/** True when one path is the other or lies below it, by whole segments. */
export function pathsOverlap(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  return short === long || long.startsWith(short.endsWith('/') ? short : `${short}/`);
}

/**
 * Gives every service, point, view, entry and path its owner. The first plugin in the list keeps it; a later one that wants
 * the same is refused as a whole, so that no half of it answers.
 */
export function claimAll(
  nodes: readonly GraphNode[],
  reserved: readonly string[],
  hostPoints: readonly string[] = [],
): { readonly claims: Claims; readonly refused: ReadonlyMap<string, Refusal> } {
  const claims = {
    services: new Map<string, string>(),
    points: new Map<string, string>(hostPoints.map((point) => [point, HOST])),
    views: new Map<string, string>(),
    entries: new Map<string, string>(),
    prefixes: new Map<string, string>(),
    schemas: new Map<string, string>(),
  };
  const refused = new Map<string, Refusal>();
  for (const node of nodes) {
    const wanted = wants(node);
    const clash = findClash(node.id, wanted, claims, reserved);
    if (clash) refused.set(node.id, clash);
    else for (const [kind, name] of wanted) claims[kind].set(name, node.id);
  }
  return { claims, refused };
}

function wants(node: GraphNode): readonly (readonly [Kind, string])[] {
  const schema = pluginSchema(node.id);
  return [
    ...node.provides.map((id) => ['services', id] as const),
    ...node.opens.map((id) => ['points', id] as const),
    ...node.publishes.map((id) => ['views', id] as const),
    ...node.contributes.map(({ point, id }) => ['entries', `${id} to ${point}`] as const),
    ...node.prefixes.map((path) => ['prefixes', path] as const),
    // The role behind a plugin's ingestions writes for all tenants: nobody's own role may have its name.
    ...[schema, writerRole(schema)].map((name) => ['schemas', name] as const),
  ];
}

function findClash(
  id: string,
  wanted: readonly (readonly [Kind, string])[],
  claims: Claims,
  reserved: readonly string[],
): Refusal | undefined {
  for (const [kind, name] of wanted) {
    if (kind === 'prefixes') {
      const core = reserved.find((path) => pathsOverlap(path, name));
      if (core)
        return {
          code: 'prefix_taken',
          reason: `${id} cannot claim the path ${name}: ${core} belongs to Podlift itself`,
        };
      const taken = [...claims.prefixes].find(([path]) => pathsOverlap(path, name));
      if (taken)
        return {
          code: 'prefix_taken',
          reason: `${id} cannot claim the path ${name}: ${taken[1]} already answers at ${taken[0]}`,
        };
    } else {
      const owner = claims[kind].get(name);
      if (owner !== undefined)
        return {
          code: kind === 'schemas' ? 'schema_taken' : 'contract_taken',
          reason: `${id} cannot ${WORDS[kind]} ${name}: ${owner} already does`,
        };
    }
  }
  return undefined;
}
