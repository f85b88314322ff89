import type { CoreRoute } from '../../http/index.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import type { EventRouteDeps } from './deps.ts';
import { eventReadRoutes } from './events.ts';
import { operatorEventRoutes } from './operator.ts';
import { replayRoutes } from './replays.ts';

export { aboutReplay } from './replays.ts';

/** A workspace's events: read, followed, replayed, and those that a plugin could not take; for operators, who listens. */
export const eventRoutes = (deps: EventRouteDeps): CoreRoute[] => [
  ...eventReadRoutes(deps),
  ...deadLetterRoutes(deps),
  ...replayRoutes(deps),
  ...operatorEventRoutes(deps),
];
