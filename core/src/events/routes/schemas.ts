import { z } from '@hono/zod-openapi';
import type { DeadLetter } from '../dead-letters.ts';
import type { StoredEvent } from '../event.ts';
import type { Replay } from '../replay-records.ts';

export const TAGS = ['Events'];

export const Event = z
  .object({
    id: z.uuid(),
    type: z.string().openapi({ example: 'touchpoints.landed@1' }),
    source: z.string().openapi({ example: 'acme.feeds' }),
    key: z.string().nullable(),
    payload: z.unknown(),
    time: z.iso.datetime(),
    position: z.int(),
  })
  .openapi('Event');

export const Letter = z
  .object({
    subscriber: z.string().openapi({ example: 'acme.feeds/touchpoints.landed@1' }),
    event: Event,
    state: z.enum(['retrying', 'behind', 'dead']),
    attempts: z.int(),
    nextAttemptAt: z.iso.datetime(),
    error: z.string().nullable(),
    parkedAt: z.iso.datetime(),
    replay: z.uuid().nullable().openapi({ description: 'The replay that brought it.' }),
  })
  .openapi('DeadLetter');

export const ReplaySchema = z
  .object({
    id: z.uuid(),
    subscriber: z.string(),
    types: z.array(z.string()).nullable(),
    key: z.string().nullable(),
    since: z.iso.datetime().nullable(),
    until: z.iso.datetime().nullable(),
    first: z.int(),
    last: z.int(),
    position: z.int(),
    total: z.int(),
    handled: z.int(),
    failed: z.int(),
    state: z.enum(['running', 'done', 'cancelled', 'refused']),
    reason: z.string().nullable(),
    error: z.string().nullable().openapi({ description: 'Why it does not go on for the moment, or ended.' }),
    actor: z.string(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .openapi('EventReplay');

export const limit = z.coerce.number().int().min(1).max(200).default(50);
export const subscriberName = z.string().min(1).max(300);
export const inPath = (name: string) => z.object({ [name]: z.uuid().openapi({ param: { name, in: 'path' } }) });

export const EVENT: z.input<typeof Event> = {
  id: '01a20f44-503f-7296-873f-ca51be712b86',
  type: 'touchpoints.landed@1',
  source: 'acme.feeds',
  key: null,
  payload: { count: 12 },
  time: '2026-11-24T20:00:00.000Z',
  position: 42,
};

export const LETTER: z.input<typeof Letter> = {
  subscriber: 'acme.feeds/touchpoints.landed@1',
  event: EVENT,
  state: 'dead',
  attempts: 8,
  nextAttemptAt: '2026-11-24T20:05:00.000Z',
  error: 'Error: upstream says no',
  parkedAt: '2026-11-24T20:00:00.000Z',
  replay: null,
};

export const REPLAY: z.input<typeof ReplaySchema> = {
  id: '01a20f44-6000-7296-873f-ca51be712b86',
  subscriber: 'acme.feeds/touchpoints.landed@1',
  types: null,
  key: null,
  since: '2026-11-01T00:00:00.000Z',
  until: null,
  first: 1,
  last: 420,
  position: 200,
  total: 300,
  handled: 140,
  failed: 0,
  state: 'running',
  reason: 'the feed was wrong on Monday',
  error: null,
  actor: 'user:01a20f44-7000-7296-873f-ca51be712b86',
  createdAt: '2026-11-24T20:00:00.000Z',
  endedAt: null,
};

export const eventJson = ({ key, payload, time, ...event }: StoredEvent): z.input<typeof Event> => ({
  ...event,
  key: key ?? null,
  payload: payload ?? null,
  time: time.toISOString(),
});

export const letterJson = (letter: DeadLetter): z.input<typeof Letter> => ({
  ...letter,
  event: eventJson(letter.event),
  nextAttemptAt: letter.nextAttemptAt.toISOString(),
  error: letter.error ?? null,
  parkedAt: letter.parkedAt.toISOString(),
  replay: letter.replay ?? null,
});

export const replayJson = (replay: Replay): z.input<typeof ReplaySchema> => ({
  ...replay,
  types: replay.types ? [...replay.types] : null,
  key: replay.key ?? null,
  since: replay.since?.toISOString() ?? null,
  until: replay.until?.toISOString() ?? null,
  reason: replay.reason ?? null,
  error: replay.error ?? null,
  createdAt: replay.createdAt.toISOString(),
  endedAt: replay.endedAt?.toISOString() ?? null,
});
