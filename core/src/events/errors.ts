export type EventErrorCode =
  | 'event_too_large'
  | 'event_invalid'
  | 'delivery_lost'
  | 'delivery_later'
  | 'delivery_timeout'
  | 'subscriber_taken'
  | 'dead_letter_missing'
  | 'bus_not_drained';

/** A failure of the event room; its message names who, what and why. */
export class EventError extends Error {
  readonly code: EventErrorCode;

  constructor(code: EventErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EventError';
    this.code = code;
  }

  static tooLarge = (type: string, bytes: number, most: number): EventError =>
    new EventError(
      'event_too_large',
      `The payload of ${type} has ${bytes} bytes; at most ${most} are allowed. Emit ids and keep records in tables or files.`,
    );

  static invalid = (type: string, why: string): EventError =>
    new EventError('event_invalid', `The event ${type} cannot be written: ${why}.`);

  /** Somebody else delivered the same events in the meantime: the transaction must not commit. */
  static lost = (subscriber: string): EventError =>
    new EventError(
      'delivery_lost',
      `Another node has already delivered these events to ${subscriber}; this attempt is undone.`,
    );

  /** Thrown by a subscriber that cannot take anything now (its target is down): nothing is parked, the delivery is tried again later. */
  static later = (subscriber: string, cause: unknown): EventError =>
    new EventError(
      'delivery_later',
      `${subscriber} cannot take events now: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );

  static timeout = (subscriber: string, ms: number): EventError =>
    new EventError('delivery_timeout', `${subscriber} did not take its events within ${ms} ms.`);

  static taken = (subscriber: string): EventError =>
    new EventError('subscriber_taken', `The subscriber "${subscriber}" is registered already.`);

  static noDeadLetter = (subscriber: string, id: string): EventError =>
    new EventError('dead_letter_missing', `No dead letter ${id} of ${subscriber} can be retried or discarded.`);

  static notDrained = (left: number, ms: number): EventError =>
    new EventError('bus_not_drained', `After ${ms} ms there is still something to deliver in ${left} slots.`);
}
