import type { z } from 'zod';
import { PodliftError, type InvalidField } from '../errors.ts';

/** What zod found wrong, as plain fields. */
export const invalidFields = (error: z.ZodError): InvalidField[] =>
  error.issues.map(({ path, message }) => ({ path: path.map(String), message }));

/** Parses at a border. @throws PodliftError `invalid_input` naming every wrong field. */
export function parsed<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw PodliftError.invalidInput(what, invalidFields(result.error));
}
