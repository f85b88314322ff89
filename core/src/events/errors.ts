import { PodliftError, type ErrorOptions } from '@podlift/sdk';

export type EventErrorCode =
  | 'events.too_large'
  | 'events.invalid'
  | 'events.delivery_lost'
  | 'events.delivery_later'
  | 'events.delivery_timeout'
  | 'events.subscriber_taken'
  | 'events.dead_letter_missing'
  | 'events.subscriber_unknown'
  | 'events.replay_refused'
  | 'events.replay_empty'
  | 'events.replay_missing'
  | 'events.replay_state'
  | 'events.not_drained';

/** A failure of the event room; its message names who, what and why. */
export class EventError extends PodliftError {
  override readonly code: EventErrorCode;

  constructor(code: EventErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.code = code;
  }

  static tooLarge = (type: string, bytes: number, most: number): EventError =>
    new EventError(
      'events.too_large',
      `The payload of ${type} has ${bytes} bytes; at most ${most} are allowed. Emit ids and keep records in tables or files.`,
      { kind: 'invalid' },
    );

  static invalid = (type: string, why: string): EventError =>
    new EventError('events.invalid', `The event ${type} cannot be written: ${why}.`);

  /** Somebody else delivered the same events in the meantime: the transaction must not commit. */
  static lost = (subscriber: string): EventError =>
    new EventError(
      'events.delivery_lost',
      `Another node has already delivered these events to ${subscriber}; this attempt is undone.`,
    );

  /** Thrown by a subscriber that cannot take anything now (its target is down): nothing is parked, the delivery is tried again later. */
  static later = (subscriber: string, cause: unknown): EventError =>
    new EventError(
      'events.delivery_later',
      `${subscriber} cannot take events now: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );

  static timeout = (subscriber: string, ms: number): EventError =>
    new EventError('events.delivery_timeout', `${subscriber} did not take its events within ${ms} ms.`);

  static taken = (subscriber: string): EventError =>
    new EventError('events.subscriber_taken', `The subscriber "${subscriber}" is registered already.`);

  static noDeadLetter = (subscriber: string, id: string): EventError =>
    new EventError('events.dead_letter_missing', `No dead letter ${id} of ${subscriber} can be retried or discarded.`, {
      kind: 'missing',
    });

  static noSubscriber = (subscriber: string): EventError =>
    new EventError('events.subscriber_unknown', `Nothing listens to events under the name ${subscriber}.`, {
      kind: 'missing',
    });

  static replayRefused = (subscriber: string): EventError =>
    new EventError(
      'events.replay_refused',
      `${subscriber} takes no replays: what it does outside cannot be done twice. Its plugin says so.`,
      { kind: 'conflict' },
    );

  static replayEmpty = (subscriber: string): EventError =>
    new EventError(
      'events.replay_empty',
      `Nothing of what ${subscriber} has had fits; events that it has not had yet come anyway.`,
      { kind: 'invalid' },
    );

  static noReplay = (id: string): EventError =>
    new EventError('events.replay_missing', `There is no replay ${id}.`, { kind: 'missing' });

  static replayState = (id: string, state: string): EventError =>
    new EventError('events.replay_state', `The replay ${id} is ${state}; that cannot be done with it now.`, {
      kind: 'conflict',
    });

  static notDrained = (left: number, ms: number): EventError =>
    new EventError('events.not_drained', `After ${ms} ms there is still something to deliver in ${left} slots.`);
}
