import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';

/** Counts what a tenant uses. */
export interface AnswerUsage {
  add(tenant: string, meter: 'api.calls' | 'egress.bytes', amount: number): void;
}

/** Counts answers of tenants, and the bytes that left for them: headers included, a stream's when it ends. Hot path. */
export function createAnswerMeter(usage: AnswerUsage | undefined): (c: Context<HttpEnv>) => () => void {
  if (!usage) return () => () => undefined;
  return (c) => {
    const { incoming, outgoing } = c.env;
    // A request that breaks off, or whose body nobody reads to its end, has no connection any more when its answer has left.
    const socket = incoming?.socket;
    const before = socket?.bytesWritten ?? 0;
    return () => {
      const tenant = c.get('principal')?.tenant?.id;
      if (tenant === undefined) return;
      usage.add(tenant, 'api.calls', 1);
      if (!socket || !outgoing) return;
      // Answers of one connection leave one after the other.
      outgoing.once('close', () => usage.add(tenant, 'egress.bytes', Math.max(0, socket.bytesWritten - before)));
    };
  };
}
