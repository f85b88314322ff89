import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The module of a computation. A build leaves the address as its source says it, `./kernel.ts`, and puts `kernel.js` there. */
export function findModule(module: URL): URL {
  if (!module.pathname.endsWith('.ts') || existsSync(fileURLToPath(module))) return module;
  const built = new URL(module);
  built.pathname = module.pathname.replace(/\.ts$/, '.js');
  return built;
}
