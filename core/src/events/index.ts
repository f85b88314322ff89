/** What has happened: appended with the change itself, put in order after commit, delivered in order and exactly once. @module */
export { appendEvents } from './append.ts';
export { createEventBus, type EventBus, type EventBusOptions } from './bus.ts';
export type { DeadLetter, DeadLetterState } from './dead-letters.ts';
export type { DeadLetters } from './dead-letter-desk.ts';
export type { Replay, ReplayRequest, Replays } from './replay-records.ts';
export type { SubscriberState } from './subscribers.ts';
export { EventError, type EventErrorCode } from './errors.ts';
export type { NewEvent, StoredEvent } from './event.ts';
export { migrations } from './migrations.ts';
export type { Delivery, Subscriber } from './subscriber.ts';
export type { TailedEvents, TailOptions } from './tail.ts';
export { aboutReplay, eventRoutes } from './routes/index.ts';
