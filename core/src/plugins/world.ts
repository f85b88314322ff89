import type { World } from './calls/world.ts';
import type { LoadedPlugin } from './loaded.ts';

/** The world as the lifecycle changes it; calls only read. */
export interface MutableWorld extends World {
  readonly loaded: Map<string, LoadedPlugin>;
  readonly services: Map<string, string>;
}
