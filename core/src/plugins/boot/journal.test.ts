import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { journalOf, noteCause, openBootJournal, readSuspects } from './journal.ts';

describe('the boot journal', () => {
  let folder: string;
  let file: string;
  let own: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'podlift-journal-'));
    file = join(folder, 'boot.json');
    own = journalOf(file, process.pid);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('accuses nobody after a clean start', () => {
    const journal = openBootJournal(file);
    journal.during('a.b', 'setup', () => undefined);
    journal.clear();
    expect(openBootJournal(file).suspects).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('names who was running when the process ended', () => {
    const journal = openBootJournal(file);
    journal.during('a.b', 'setup', () => {
      expect(readSuspects(own)).toEqual([{ plugin: 'a.b', phase: 'setup', cause: 'the process ended' }]);
      noteCause(own, 'it did not answer for 10 s');
      const next = openBootJournal(file);
      expect(next.suspects).toEqual([{ plugin: 'a.b', phase: 'setup', cause: 'it did not answer for 10 s' }]);
      next.clear();
    });
    journal.clear();
  });

  test('names all that were importing at the same time', async () => {
    const journal = openBootJournal(file);
    const hold = Promise.withResolvers<void>();
    const both = [journal.during('a', 'import', () => hold.promise), journal.during('b', 'import', () => hold.promise)];
    expect(readSuspects(own).map(({ plugin }) => plugin)).toEqual(['a', 'b']);
    hold.resolve();
    await Promise.all(both);
    expect(readSuspects(own)).toEqual([]);
    journal.clear();
  });

  test('a throw is an answer, not an end', async () => {
    const journal = openBootJournal(file);
    expect(() =>
      journal.during('a', 'setup', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    await expect(journal.during('a', 'import', () => Promise.reject(new Error('nor')))).rejects.toThrow('nor');
    expect(readSuspects(own)).toEqual([]);
    journal.clear();
  });

  test('leaves the journal of a process that lives alone, and takes that of one that is gone', () => {
    const running = JSON.stringify({ running: [{ plugin: 'a', phase: 'setup' }] });
    writeFileSync(journalOf(file, 1), running);
    writeFileSync(journalOf(file, 4_194_303), running);
    const journal = openBootJournal(file);
    expect(journal.suspects).toHaveLength(1);
    journal.clear();
    expect([existsSync(journalOf(file, 1)), existsSync(journalOf(file, 4_194_303))]).toEqual([true, false]);
  });

  test('a damaged file accuses nobody', () => {
    writeFileSync(own, '{"running":');
    const journal = openBootJournal(file);
    expect(journal.suspects).toEqual([]);
    journal.clear();
  });

  test('without a file nothing is kept', () => {
    const journal = openBootJournal(undefined);
    expect(journal.during('a', 'setup', () => 1)).toBe(1);
    journal.clear();
    expect(readdirSync(folder)).toEqual([]);
  });
});
