import { redact } from '../../telemetry/index.ts';

const MASK = '[removed]';
/** Each takes out one kind of what belongs to people or opens doors. The longest forms come first. */
const RULES: readonly RegExp[] = [
  // Key material in text form.
  /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g,
  // Our own keys, and those of the services that people paste most.
  /\bpl[kw]_[\w-]+/g,
  /\b(?:sk|pk|rk|ghp|gho|ghs|xox[abpr]|AKIA|ASIA|AIza|glpat|npm)[-_]?[\w-]{12,}/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w.-]*/g,
  // What follows the name of a secret, as a header, a field or an assignment.
  /(?<=\b(?:Bearer|Basic)\s)[\w.~+/=-]{6,}/gi,
  /(?<=["']?\b[\w.-]*(?:password|passwd|secret|token|api[-_]?key|master[-_]?key|private[-_]?key|authorization|cookie|credential)s?\b["']?\s*[:=]\s*["']?)[^\s"',;&}]+/gi,
  // The user and password of a URL, and its query: both carry secrets and people.
  /(?<=:\/\/)[^\s/@"']+(?=@)/g,
  /(?<=\b(?:https?|wss?|postgres(?:ql)?|rediss?|smtps?):\/\/[^\s"'?]*)\?[^\s"'<>]*/g,
  // People: addresses of mail, of machines, numbers that ring.
  /[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+/g,
  /\b(?!127\.0\.0\.1\b|0\.0\.0\.0\b)(?:\d{1,3}\.){3}\d{1,3}\b/g,
  /(?<![\w:])(?:[\da-f]{1,4}:){3,7}[\da-f]{1,4}(?![\w:])/gi,
  /(?<![\w.:-])\+\d[\d ()/-]{7,}\d/g,
  // Long random text: a key in base64 or hex. Ids of ours have dashes and digests of ours are 64 long and hex, but nobody needs them.
  /\b[\da-f]{40,}\b/gi,
  /(?<![\w/+-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[\w+/-]{32,}={0,2}(?![\w/+-])/g,
];

/** The text without secrets and without people, as far as their form tells. */
export const cleanText = (text: string): string => RULES.reduce((left, rule) => left.replace(rule, MASK), text);

/** The value as JSON, with fields that have the name of a secret masked, and every text cleaned. */
export const cleanJson = (value: unknown): string => cleanText(JSON.stringify(redact(value), null, 2) ?? 'null');
