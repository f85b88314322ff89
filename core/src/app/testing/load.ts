import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What one request carried: touchpoints by message id, and an order. */
export interface Batch {
  readonly messages: readonly string[];
  readonly order: string;
}

/** Requests of many senders that never give up, and what became of each. */
export interface Load {
  /** Answered with 200 or 202. */
  readonly acknowledged: readonly Batch[];
  /** Refused, or cut off: nobody can know whether they were stored. */
  readonly unknown: readonly Batch[];
  /** How many answers had which status; 0 is a connection that broke. */
  readonly statuses: ReadonlyMap<number, number>;
  /** One problem of each status above 399. */
  readonly problems: ReadonlyMap<
    number,
    { readonly contentType: string; readonly code: string; readonly body: string }
  >;
  /** Sends no more and waits for what is under way. */
  stop(): Promise<void>;
}

const SENDERS = 6;
const MESSAGES = 8;

export interface LoadOptions {
  readonly senders?: number;
  /** What each sender waits between two batches. */
  readonly pauseMs?: number;
}

/** Sends batches to `POST /v1/batch` until it is stopped. */
export function startLoad(url: string, writeKey: string, { senders = SENDERS, pauseMs = 0 }: LoadOptions = {}): Load {
  const acknowledged: Batch[] = [];
  const unknown: Batch[] = [];
  const statuses = new Map<number, number>();
  const problems = new Map<number, { contentType: string; code: string; body: string }>();
  const stopped = new AbortController();
  const sender = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const batch = newBatch();
      const { status, contentType, body } = await send(url, writeKey, batch);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 200) acknowledged.push(batch);
      else {
        unknown.push(batch);
        if (status >= 400 && !problems.has(status)) problems.set(status, { contentType, code: codeOf(body), body });
        await sleep(20);
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  const sending = Array.from({ length: senders }, sender);
  return {
    acknowledged,
    unknown,
    statuses,
    problems,
    async stop() {
      stopped.abort();
      await Promise.all(sending);
    },
  };
}

/** Sends one batch; status 0 when the connection broke. */
export async function send(
  url: string,
  writeKey: string,
  batch: Batch,
): Promise<{ status: number; contentType: string; body: string }> {
  try {
    const response = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${writeKey}`, 'content-type': 'application/json' },
      body: bodyOf(batch),
      signal: AbortSignal.timeout(20_000),
    });
    const body = await response.text();
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', body };
  } catch {
    return { status: 0, contentType: '', body: '' };
  }
}

export const newBatch = (): Batch => ({
  messages: Array.from({ length: MESSAGES }, () => randomUUID()),
  order: randomUUID(),
});

export function bodyOf({ messages, order }: Batch): string {
  const timestamp = new Date().toISOString();
  const tracks = messages.map((messageId) => ({
    type: 'track',
    messageId,
    anonymousId: messageId,
    event: 'Seen',
    timestamp,
  }));
  const bought = {
    type: 'track',
    messageId: order,
    anonymousId: order,
    event: 'Order Completed',
    timestamp,
    properties: { order_id: order, revenue: 10, currency: 'USD' },
  };
  return JSON.stringify({ batch: [...tracks, bought] });
}

function codeOf(body: string): string {
  try {
    const { code } = JSON.parse(body) as { code?: string };
    return code ?? '';
  } catch {
    return '';
  }
}
