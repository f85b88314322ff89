/** @module The small formats inside feeds. Each function gives undefined for what it cannot read. */

/** Seconds of `itunes:duration`: seconds, minutes:seconds or hours:minutes:seconds. */
export function tryDuration(text: string): number | undefined {
  const parts = text.trim().split(':');
  if (parts.length > 3 || !parts.every((part) => /^\d{1,7}(\.\d+)?$/.test(part.trim()))) return undefined;
  const seconds = Math.round(parts.reduce((sum, part) => sum * 60 + Number(part), 0));
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
/** No episode lasts longer than a month. */
const MAX_SECONDS = 31 * 86_400;

const ZONES: Readonly<Record<string, string>> = {
  ut: '+0000',
  utc: '+0000',
  gmt: '+0000',
  z: '+0000',
  est: '-0500',
  edt: '-0400',
  cst: '-0600',
  cdt: '-0500',
  mst: '-0700',
  mdt: '-0600',
  pst: '-0800',
  pdt: '-0700',
  bst: '+0100',
  cet: '+0100',
  cest: '+0200',
  jst: '+0900',
  aest: '+1000',
  aedt: '+1100',
};

/** RFC 822 dates as they are really written (long month names, missing seconds, zone names), and ISO 8601. */
export function tryDate(text: string): Date | undefined {
  const clean = text.trim().replace(/\s+/g, ' ');
  const rfc =
    /^(?:[a-z]+\.?,? )?(\d{1,2})[ -]([a-z]{3})[a-z]*\.?,?[ -](\d{2}|\d{4})(?:,? (\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?: ?([+-]\d{4}|[+-]\d{2}:\d{2}|[a-z]{1,4}))?$/i.exec(
      clean,
    );
  if (rfc) {
    const [, day = '', month = '', year = '', hour = '0', minute = '0', second = '0', zone = 'z'] = rfc;
    const offset = /^[+-]/.test(zone) ? zone.replace(':', '') : (ZONES[zone.toLowerCase()] ?? '+0000');
    const index = MONTHS.indexOf(month.toLowerCase());
    if (index < 0) return undefined;
    const full = year.length === 2 ? Number(year) + (Number(year) < 70 ? 2000 : 1900) : Number(year);
    const local = Date.UTC(full, index, Number(day), Number(hour), Number(minute), Number(second));
    if (new Date(local).getUTCDate() !== Number(day) && Number(hour) < 24) return undefined;
    const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3, 5));
    return inRange(local - (offset.startsWith('-') ? -minutes : minutes) * 60_000);
  }
  return /^\d{4}-\d{2}-\d{2}([T ]|$)/.test(clean) ? inRange(Date.parse(clean)) : undefined;
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const inRange = (ms: number): Date | undefined =>
  ms > Date.UTC(1970, 0, 1) && ms < Date.UTC(2100, 0, 1) ? new Date(ms) : undefined;

/** A whole number that is not negative. */
export function tryCount(text: string): number | undefined {
  const value = /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `yes`, `true`, `explicit` and their opposites. */
export function tryFlag(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (['yes', 'true', 'explicit', '1'].includes(word)) return true;
  return ['no', 'false', 'clean', '0'].includes(word) ? false : undefined;
}

/** An absolute http(s) address without surrounding space. */
export function tryUrl(text: string): string | undefined {
  const clean = text.trim();
  if (clean.length > 4096 || !/^https?:\/\//i.test(clean)) return undefined;
  return URL.canParse(clean) ? clean : undefined;
}

/** A feed address reduced to what makes two spellings the same: no scheme, lower-case host, no closing slash, no fragment. */
export function computeFeedKey(url: string): string {
  const { host, pathname, search } = new URL(url);
  return `${host}${pathname.replace(/(?<!\/)\/+$/, '')}${search}`;
}
