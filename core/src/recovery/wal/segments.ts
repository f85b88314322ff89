/** `0/1F0000A8` as a number. */
export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export const formatLsn = (lsn: bigint): string =>
  `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;

const hex8 = (value: bigint | number): string => value.toString(16).toUpperCase().padStart(8, '0');

/** The name of the file that holds segment `number`. */
export function segmentName(timeline: number, number: bigint, segmentBytes: number): string {
  const perFile = 0x1_0000_0000n / BigInt(segmentBytes);
  return hex8(timeline) + hex8(number / perFile) + hex8(number % perFile);
}

export const segmentOf = (lsn: bigint, segmentBytes: number): bigint => lsn / BigInt(segmentBytes);

const NAME = /^([\dA-F]{8})([\dA-F]{8})([\dA-F]{8})$/;

/** Timeline and number of a segment file; undefined when it is none. */
export function parseSegment(name: string, segmentBytes: number): { timeline: number; number: bigint } | undefined {
  const [, timeline, high, low] = NAME.exec(name) ?? [];
  if (timeline === undefined || high === undefined || low === undefined) return undefined;
  const perFile = 0x1_0000_0000n / BigInt(segmentBytes);
  return { timeline: Number.parseInt(timeline, 16), number: BigInt(`0x${high}`) * perFile + BigInt(`0x${low}`) };
}

export const isHistory = (name: string): boolean => /^[\dA-F]{8}\.history$/.test(name);
