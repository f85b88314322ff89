import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A fenced block of a page that says of itself what is to be done with it. */
export interface Example {
  /** Of the page, from the folder of the guide. */
  readonly page: string;
  /** The line of its first line in the page, from 1. */
  readonly line: number;
  readonly code: string;
}

const GUIDE = join(import.meta.dirname, '../../../../docs/guide');
const FENCE = /^```(\w+) (\w+)\n(.*?)^```$/gms;

/** The examples of all pages of the guide with an info string such as `sh run` or `ts check`, in order. */
export function readExamples(info: string): Example[] {
  return readdirSync(GUIDE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(GUIDE, name), 'utf8');
      return [...text.matchAll(FENCE)]
        .filter(([, language, verb]) => `${language} ${verb}` === info)
        .map(({ index, 3: code = '' }) => ({
          page: relative('.', name),
          line: text.slice(0, index).split('\n').length + 1,
          code,
        }));
    });
}
