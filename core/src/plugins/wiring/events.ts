import { uuidv7, type Envelope } from '@podlift/sdk';
import { Cancel, fromJson, target, type DeclaredEvent } from '@podlift/sdk/kernel';
import { EventError, type Delivery, type StoredEvent, type Subscriber } from '../../events/index.ts';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { closedFor } from '../tenants/consent.ts';

/** Events are the host's own doing, whoever caused them. */
const ACTOR = { kind: 'system', id: 'events' } as const;
/** How long a handler of events may take when the plugin does not say. */
const TIMEOUT_MS = 60_000;

/** The subscribers of a plugin: one per `on` and `onBatch`. */
export const subscribersOf = (world: World, plugin: LoadedPlugin): Subscriber[] =>
  plugin.json.declares.events.map((event) => toSubscriber(world, plugin, event));

function toSubscriber(world: World, plugin: LoadedPlugin, event: DeclaredEvent): Subscriber {
  const timeoutMs = plugin.json.limits.handlerMs ?? TIMEOUT_MS;
  const id = `${plugin.id}/${event.id}${event.mode === 'batch' ? '/batch' : ''}`;
  return {
    id,
    types: event.accepts,
    mode: event.mode,
    timeoutMs,
    ...(event.replay && { replay: event.replay }),
    async wants(tenant) {
      return closedFor(plugin, await world.facts.get(tenant)) === undefined;
    },
    async deliver(delivery) {
      const { tenant, signal, advance } = delivery;
      const cancel = Cancel.from(signal);
      const about = { plugin: plugin.id, tenant, actor: ACTOR, timeoutMs, commit: advance, ...(cancel && { cancel }) };
      try {
        if (event.mode === 'batch') {
          const input = delivery.events.map((one) => ({
            payload: payloadOf(one),
            envelope: toEnvelope(one, delivery),
          }));
          await invoke(world, { ...about, target: target.batch(event.id), input, trace: traceOf(delivery.events) });
          return;
        }
        for (const one of delivery.events) {
          const extra = toEnvelope(one, delivery);
          await invoke(world, {
            ...about,
            target: target.event(event.id),
            input: payloadOf(one),
            extra,
            trace: one.id,
          });
        }
      } catch (thrown) {
        // It has no room now; the event is not at fault.
        if (thrown instanceof Error && 'code' in thrown && thrown.code === 'plugin_busy')
          throw EventError.later(id, thrown);
        throw thrown;
      }
    },
  };
}

const traceOf = (events: readonly StoredEvent[]): string => events[0]?.id ?? uuidv7();

/** Reading marks changes a value in place, and a retry reads the same one again. */
const payloadOf = ({ payload }: StoredEvent): unknown => fromJson(structuredClone(payload));

const toEnvelope = ({ id, type, time, source, key }: StoredEvent, { attempt, tenant, replay }: Delivery): Envelope => ({
  id,
  // Whoever emitted it was checked against its manifest, whose ids have a major.
  type: type as Envelope['type'],
  time,
  source,
  attempt,
  tenant,
  ...(key !== undefined && { key }),
  ...(replay !== undefined && { replay }),
});
