/** Messages, inboxes and the record of deliveries are kept this long. */
export const NOTIFICATION_RETENTION_DAYS = 90;

/** Deliveries that one job makes. */
export const DELIVERIES_PER_JOB = 50;
/** Deliveries of one job that are under way at the same time. */
export const DELIVERIES_AT_ONCE = 4;

/** How often a delivery is tried, first after this pause, then after twice as long each time: about four hours in all. */
export const DELIVERY_ATTEMPTS = 10;
export const DELIVERY_BACKOFF_MS = 30_000;

/** Mails to one person and of one tenant; what is more waits for the next window. */
export const MAILS_PER_PERSON = { points: 30, seconds: 3600 } as const;
export const MAILS_PER_TENANT = { points: 5000, seconds: 3600 } as const;

/** The hour at which the daily digest leaves, unless its reader chose another. */
export const DIGEST_HOUR = 8;
/** Messages that a digest names; the others are counted. */
export const DIGEST_ITEMS = 50;

/** Bytes of the data of one message. */
export const MAX_DATA_BYTES = 16 * 1024;
/** Characters that a filled text may have. */
export const MAX_TITLE = 200;
export const MAX_BODY = 5000;

/** The event that asks for a message. */
export const NOTIFICATION_REQUESTED = 'core.notification-requested@1';
/** Who stands for the workspace itself in preferences and deliveries. */
export const WORKSPACE = '';
