/** @module What one request may hold; the numbers are Segment's, so that its libraries never send more. */

/** Items of one batch. */
export const MAX_ITEMS = 500;
/** Bytes of one batch. */
export const MAX_BATCH_BYTES = 512_000;
/** Bytes of one item. */
export const MAX_ITEM_BYTES = 32_768;
/** An item nests so deep; what looks into one recurses. */
export const MAX_DEPTH = 48;
/** Characters of an id that a caller gives: message, user, anonymous, order. */
export const MAX_ID = 255;
/** Characters of an event's name that are kept. */
export const MAX_NAME = 200;
/** How far a clock may run ahead before its event is refused. */
export const MAX_FUTURE_MS = 60 * 60_000;
/** How far sentAt may differ from now and still be believed; beyond it the clock is not wrong, the value is nonsense. */
export const MAX_SKEW_MS = 50 * 365 * 86_400_000;
