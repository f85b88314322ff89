/** How long a password may be; the lower end is NIST's for passwords that are the only factor, rounded up by us. */
export const PASSWORD_LENGTH = { min: 12, max: 256 } as const;

/** A session lasts seven days from sign-in and is not prolonged. */
export const SESSION_SECONDS = 7 * 24 * 3600;

/** A setup link may be used once within a day. */
export const SETUP_MS = 24 * 3600 * 1000;

/** An invitation can be used once within a week. */
export const INVITATION_MS = 7 * 24 * 3600 * 1000;

/** A link that confirms an address can be used once within a day. */
export const EMAIL_MS = 24 * 3600 * 1000;

/** A link that sets a new password can be used once within an hour. */
export const RESET_SECONDS = 3600;

/** Marks a browser that somebody has signed in with. */
export const DEVICE_COOKIE = 'podlift.device';

/** The prefix of every cookie of ours. */
export const COOKIE_PREFIX = 'podlift';

/** How a key begins: a secret key may do what its scopes say, a write key may only send hits and may stand in a web page. */
export const KEY_PREFIX = { secret: 'plk_', write: 'plw_' } as const;

/** Carries the client's address to better-auth; the edge strips it from what comes in and sets it itself. */
export const CLIENT_IP_HEADER = 'x-client-ip';

/** Where better-auth keeps its tables. */
export const AUTH_SCHEMA = 'auth';
