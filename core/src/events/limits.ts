/** Parts of the bus with positions of their own; fixed, because positions and cursors are kept per slot. */
export const SLOTS = 64;
/** Events, their positions and what follows from them are kept this long. */
export const EVENT_RETENTION_DAYS = 90;
/** A handler that no process has run for so long no longer holds back what it has not had. */
export const ABANDONED_DAYS = 30;
/** An event says what happened and names records; larger things belong into files or tables. */
export const MAX_PAYLOAD_BYTES = 1 << 20;
/** Pending events that one round of the sequencer places, per slot. */
export const SEQUENCE_BATCH = 1000;
/** Channel of the hint that events were appended. */
export const CHANNEL = 'podlift_events';
