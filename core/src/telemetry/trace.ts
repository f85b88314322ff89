import { randomFillSync } from 'node:crypto';

/** The place of a request in a W3C trace. */
export interface Trace {
  /** 32 hexadecimal digits, the same for everything that one cause set off. */
  readonly traceId: string;
  /** 16 hexadecimal digits, this request's own. */
  readonly spanId: string;
  readonly parentId?: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

// One call of the random source fills ids for 170 requests: it costs 1 µs however little is asked for.
const pool = Buffer.alloc(4080);
let at = pool.length;

function random(bytes: number): string {
  if (at + bytes > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const hex = pool.toString('hex', at, at + bytes);
  at += bytes;
  return hex;
}

/** Goes on with the trace of a `traceparent` header, or starts one when there is none or it is malformed. */
export function continueTrace(traceparent?: string | null): Trace {
  const found = traceparent ? TRACEPARENT.exec(traceparent) : undefined;
  const [, version, traceId, parentId, flags] = found ?? [];
  const sound = traceId && parentId && version !== 'ff' && !/^0+$/.test(traceId) && !/^0+$/.test(parentId);
  if (!sound) return { traceId: random(16), spanId: random(8), sampled: true };
  return { traceId, parentId, spanId: random(8), sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 };
}

/** The header that hands this trace on. */
export const formatTraceparent = ({ traceId, spanId, sampled }: Trace): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
