import type { z } from 'zod';

/** A JSON answer of a route, for `responses`. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A JSON body of a route, for `request.body`. */
export const jsonBody = <S extends z.ZodType>(schema: S, description?: string) => ({
  required: true,
  ...(description && { description }),
  content: { 'application/json': { schema } },
});

/** An answer that is a stream of server-sent events, made with `streamEvents`; the schema is that of one message's data. */
export const eventStream = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'text/event-stream': { schema } },
});
