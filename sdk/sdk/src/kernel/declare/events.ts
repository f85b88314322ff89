import type { Declare, Delivery } from '../../declare.ts';
import { PodliftError } from '../../errors.ts';
import type { Envelope, EventType, ListenOptions } from '../../event.ts';
import { parsed } from '../parse.ts';
import { target } from '../target.ts';
import { acceptedIds, upcastPayload } from '../upcast.ts';
import { addTarget, asRun, type Book } from './book.ts';
import { listed } from './contracts.ts';

/** What a plugin listens to. The host's `extra` of a single event is its envelope; a batch carries one beside each payload. */
export function declareEvents(book: Book): Pick<Declare<never>, 'on' | 'onBatch'> {
  return {
    on(event, handle, options) {
      const run = asRun(handle);
      add(book, event, 'each', options);
      addTarget(book, target.event(event.id), {
        // The host's own envelope.
        parse: (payload, extra) => read(event, payload, extra as Envelope | undefined),
        run: (data, ctx, extra) => run(data, ctx, extra),
      });
    },
    onBatch(event, handle, options) {
      const run = asRun(handle);
      add(book, event, 'batch', options);
      addTarget(book, target.batch(event.id), {
        parse: (input) =>
          // The host's own list.
          (input as readonly Delivery<unknown>[]).map(({ payload, envelope }) => ({
            payload: read(event, payload, envelope),
            envelope,
          })),
        run: (items, ctx) => run(items, ctx),
      });
    },
  };
}

const read = (event: EventType, payload: unknown, envelope: Envelope | undefined): unknown =>
  parsed(event.schema, upcastPayload(event, payload, envelope?.type), `the payload of ${event.id}`);

function add(
  { manifest, lists }: Book,
  event: EventType,
  mode: 'each' | 'batch',
  { replay }: ListenOptions = {},
): void {
  if (!listed(manifest.consumes, event.id)) {
    throw PodliftError.invalidPlugin(manifest.id, `listens to ${event.id} without saying so under consumes`);
  }
  lists.events.push(() => ({
    id: event.id,
    mode,
    accepts: acceptedIds(event),
    ...(replay === 'refuse' && { replay }),
  }));
}
