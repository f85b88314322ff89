import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '../..');

/** A source file and what it imports; `path` and relative imports are told from the root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly isTest: boolean;
  readonly imports: readonly string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
const TEST = /\.test(-d)?\.ts$|\.bench\.ts$|\/bench\/|\/testing\/|\/fixtures\//;

/** All TypeScript sources of core, sdk and plugins, without what is built or installed. */
export function readSources(): SourceFile[] {
  return globSync('{core,sdk,plugins}/**/*.ts', {
    cwd: ROOT,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.includes('/node_modules/') && !path.includes('/dist/') && !path.endsWith('.d.ts'))
    .map((path) => ({ path, isTest: TEST.test(path), imports: importsOf(path) }));
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, from, bare, dynamic]) => {
    const name = from ?? bare ?? dynamic ?? '';
    return name.startsWith('.')
      ? normalize(join(dirname(path), name))
          .split(sep)
          .join('/')
      : name;
  });
}

export interface PackageJson {
  readonly folder: string;
  readonly name: string;
  readonly license?: string;
  readonly podlift?: { readonly plugin?: string };
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Every package of the workspace. */
export function readPackages(): PackageJson[] {
  return globSync('{core,sdk/*,plugins/*/*}/package.json', { cwd: ROOT }).map((path) => ({
    // A workspace package.json is ours and checked by pnpm.
    ...(JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Omit<PackageJson, 'folder'>),
    folder: dirname(path).split(sep).join('/'),
  }));
}

/** Finds a circle in a graph; the path starts and ends with the same name. */
export function findCycle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] | undefined => {
    const seen = trail.indexOf(node);
    if (seen >= 0) return [...trail.slice(seen), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}
