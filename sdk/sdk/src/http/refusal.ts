import type { z } from 'zod';
import { HTTPException } from 'hono/http-exception';
import { PodliftError } from '../errors.ts';

type Part = 'json' | 'form' | 'query' | 'param' | 'header' | 'cookie';
type Place = 'body' | 'query' | 'path' | 'header' | 'cookie';
const PLACE: Readonly<Record<Part, Place>> = {
  json: 'body',
  form: 'body',
  query: 'query',
  param: 'path',
  header: 'header',
  cookie: 'cookie',
};

/** A request that does not fit its schema, with every wrong field; the host answers it as problem+json. */
export function refuseInput(part: Part, { issues }: z.ZodError): PodliftError {
  const place = PLACE[part];
  const fields = issues.map(({ path, message }) => ({ in: place, path: path.map(String), message }));
  return PodliftError.invalidInput(`the ${place} of the request`, fields);
}

/** Whatever a route threw, for the host: what Hono could not read is the caller's fault and not the plugin's. */
export function refusal(thrown: unknown): unknown {
  if (!(thrown instanceof HTTPException) || thrown.status >= 500) return thrown;
  return PodliftError.malformedBody(thrown.message);
}
