import { expect, test } from 'vitest';
import { explain } from './explain.ts';

test.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'the disk is full'],
  ['could not bind IPv4 address "127.0.0.1": Address already in use', 'its port was taken'],
  ['initdb: error: could not access directory "/root/x": Permission denied', 'may not read or write'],
  ['initdb: error: could not look up effective user ID 12345: user does not exist', 'no entry in /etc/passwd'],
  ['FATAL:  database files are incompatible with server', 'another major version'],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'too little memory'],
  ['PANIC:  could not locate a valid checkpoint record', 'Restore the folder'],
  ['EROFS: read-only file system, mkdir', 'read-only'],
  ['postgres: error while loading shared libraries: libssl.so', 'do not run on this system'],
])('says in a sentence what %s means', (said, sentence) => {
  const error = explain('start', '/data', new Error('exit 1'), said);
  expect(error).toMatchObject({ code: 'embedded_failed' });
  expect(error.message).toContain('/data');
  expect(error.message).toContain(sentence);
  expect(error.message).toContain(said);
});

test('passes on what it does not know', () => {
  expect(explain('make', '/data', new Error('odd')).message).toBe(
    'Embedded PostgreSQL could not make its database in /data.\n  odd',
  );
});
