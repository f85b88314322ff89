/** The wire format of the bank's files, for tests: the envelope and attributes as they are published. */
export interface WireDay {
  readonly time: string;
  readonly rates: Readonly<Record<string, string>>;
}

/** One file of days, newest first as the bank writes them. `quote` is `'` in the daily file and `"` in the others. */
export const eurofxref = (days: readonly WireDay[], quote = '"'): string => {
  const cubes = days.map(
    ({ time, rates }) =>
      `<Cube time=${quote}${time}${quote}>${Object.entries(rates)
        .map(([currency, rate]) => `<Cube currency=${quote}${currency}${quote} rate=${quote}${rate}${quote}/>`)
        .join('')}</Cube>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n\t<gesmes:subject>Reference rates</gesmes:subject>\n\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n\t</gesmes:Sender>\n\t<Cube>\n${cubes.join('\n')}\n</Cube>\n</gesmes:Envelope>\n`;
};

/** A source of numbers that repeats: mulberry32. */
export function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
