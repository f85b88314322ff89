const MASK = '[redacted]';
const SECRET_NAME =
  /(?:authorization|cookie|password|passwd|secret|token|apikey|writekey|masterkey|privatekey|signingkey)$|^key$/;
// Our own keys and the password part of a URL give a secret away wherever they stand, in a message too.
const SECRET_TEXT =
  /\bpl[kw]_[\w-]{6,}|(?<=:\/\/[^\s:/@"]{0,64}:)[^\s/@"]+(?=@)|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{6,}/g;
const MAX_DEPTH = 8;

const isSecretName = (name: string): boolean => SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_.]/g, ''));

/** A copy of the value in which everything that has the name of a secret is masked, at any depth. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((one) => redact(one, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Headers) return redact(Object.fromEntries(value), depth);
  const copy: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) copy[name] = isSecretName(name) ? MASK : redact(one, depth + 1);
  return copy;
}

function redactError(error: Error, depth: number): object {
  const own = redact(Object.fromEntries(Object.entries(error)), depth) as object;
  const { cause } = error;
  return {
    type: error.name,
    message: error.message,
    ...own,
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
    stack: error.stack,
  };
}

/** The line without keys, bearer tokens and URL passwords that slipped into a text. */
export const scrub = (line: string): string => line.replaceAll(SECRET_TEXT, MASK);
