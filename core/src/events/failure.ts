const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** SQLSTATE classes that say nothing about the event: connection, resources, operator, rollback by the server. */
const CLASSES = new Set(['08', '53', '57', '40']);
/** By code, because an error that has crossed a plugin's boundary is of another class. */
const CODES = new Set(['events.delivery_lost', 'events.delivery_later', 'database_unreachable', 'plugin_busy']);
const MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** Whether the failure is no fault of the event: the database went away, the target is down, another node was faster. Such a delivery is tried again, and nothing is parked. */
export function isTransient(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = 'code' in at ? at.code : undefined;
    if (typeof code === 'string') {
      if (NETWORK.has(code) || CODES.has(code)) return true;
      if (/^[0-9A-Z]{5}$/.test(code) && CLASSES.has(code.slice(0, 2))) return true;
    }
    if (MESSAGES.test(at.message)) return true;
  }
  return false;
}

/** One line for the dead letter. */
export const describe = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 2000);
