/** @module Answers as plain data. */
import type { PlainResponse } from '@podlift/sdk';

const encoder = new TextEncoder();
const JSON_TYPE = [['content-type', 'application/json']] as const;
const PROBLEM_TYPE = [['content-type', 'application/problem+json']] as const;

export const jsonResponse = (status: number, body: object): PlainResponse => ({
  status,
  headers: JSON_TYPE,
  body: encoder.encode(JSON.stringify(body)),
});

/** Problem details, with every wrong field of the body. */
export function problem(
  status: number,
  code: string,
  detail: string,
  fields: readonly { readonly path: string; readonly message: string }[] = [],
): PlainResponse {
  const errors = fields.map((field) => ({ in: 'body', ...field }));
  const body = { type: `urn:podlift:problem:${code}`, title: 'The request does not fit', status, detail, code };
  return {
    status,
    headers: PROBLEM_TYPE,
    body: encoder.encode(JSON.stringify(errors.length > 0 ? { ...body, errors } : body)),
  };
}
