import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noteCause, openBootJournal, readSuspects } from './journal.ts';

describe('the boot journal', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'podlift-journal-'));
    file = join(folder, 'boot.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('accuses nobody after a clean start', () => {
    const journal = openBootJournal(file);
    journal.during('a.b', 'setup', () => undefined);
    expect(openBootJournal(file).suspects).toEqual([]);
  });

  test('names who was running when the process ended', () => {
    openBootJournal(file).during('a.b', 'setup', () => {
      expect(readSuspects(file)).toEqual([{ plugin: 'a.b', phase: 'setup', cause: 'the process ended' }]);
      noteCause(file, 'it did not answer for 10 s');
      expect(openBootJournal(file).suspects).toEqual([
        { plugin: 'a.b', phase: 'setup', cause: 'it did not answer for 10 s' },
      ]);
    });
  });

  test('names all that were importing at the same time', async () => {
    const journal = openBootJournal(file);
    const hold = Promise.withResolvers<void>();
    const both = [journal.during('a', 'import', () => hold.promise), journal.during('b', 'import', () => hold.promise)];
    expect(readSuspects(file).map(({ plugin }) => plugin)).toEqual(['a', 'b']);
    hold.resolve();
    await Promise.all(both);
    expect(readSuspects(file)).toEqual([]);
  });

  test('a throw is an answer, not an end', async () => {
    const journal = openBootJournal(file);
    expect(() =>
      journal.during('a', 'setup', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    await expect(journal.during('a', 'import', () => Promise.reject(new Error('nor')))).rejects.toThrow('nor');
    expect(readSuspects(file)).toEqual([]);
  });

  test('a damaged file accuses nobody, and clear removes it', () => {
    writeFileSync(file, '{"pid":');
    expect(openBootJournal(file).suspects).toEqual([]);
    openBootJournal(file).clear();
    expect(readSuspects(file)).toEqual([]);
  });
});
