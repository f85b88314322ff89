import { afterEach, describe, expect, test } from 'vitest';
import { startSmtp, type Behaviour, type Stage, type TestSmtp } from '../testing/smtp.ts';
import { compose, messageIdOf } from './compose.ts';
import type { Mail, MailDriver } from './mail.ts';
import { createSmtpDriver, smtpOptions } from './smtp.ts';

const from = { name: 'Podlift', address: 'podlift@podlift.test' };
const servers: TestSmtp[] = [];
const drivers: MailDriver[] = [];
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function open(
  options: Parameters<typeof startSmtp>[0] = {},
  url: (smtp: TestSmtp) => string = (smtp) => smtp.url(),
  timeoutMs = 2000,
): Promise<{ smtp: TestSmtp; driver: MailDriver }> {
  const smtp = await startSmtp(options);
  const driver = createSmtpDriver({ url: url(smtp), from, timeoutMs });
  servers.push(smtp);
  drivers.push(driver);
  return { smtp, driver };
}

const mail = (more: Partial<Mail> = {}): Mail => ({
  messageId: '<one@podlift.test>',
  to: { address: 'ada@people.test', name: 'Ada Ünal' },
  subject: 'Über alles',
  text: 'Guten Tag.\n.\nEin Punkt allein.',
  html: '<p>Guten Tag.</p>',
  ...more,
});
const failure = (driver: MailDriver, more: Partial<Mail> = {}) =>
  driver.send(mail(more)).then(
    () => 'sent',
    (error: unknown) => error,
  );

test('a mail arrives whole, with headers that let programs handle it', async () => {
  const { smtp, driver } = await open();
  await driver.send(mail({ unsubscribe: 'https://podlift.test/unsubscribe?token=x' }));
  const [got] = smtp.received;
  expect(got).toMatchObject({ from: 'podlift@podlift.test', to: ['ada@people.test'] });
  expect(got?.header('message-id')).toBe('<one@podlift.test>');
  expect(got?.header('list-unsubscribe')).toBe('<https://podlift.test/unsubscribe?token=x>');
  expect(got?.header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
  expect(got?.header('auto-submitted')).toBe('auto-generated');
  expect(got?.header('content-type')).toContain('multipart/alternative');
  expect(got?.raw).toContain('\r\n.\r\nEin Punkt allein.');
  expect(got?.header('subject')).toMatch(/^=\?UTF-8\?/);
});

test('a few connections are kept and shared', async () => {
  const { smtp, driver } = await open();
  await Promise.all(Array.from({ length: 20 }, (_, n) => driver.send(mail({ messageId: `<${n}@podlift.test>` }))));
  expect(smtp.received).toHaveLength(20);
  expect(smtp.connections()).toBeLessThanOrEqual(4);
});

describe('what a server refuses', () => {
  test.each<[Stage, Behaviour, boolean, RegExp]>([
    ['connect', { code: 554 }, false, /554/],
    ['connect', { code: 421 }, false, /421/],
    ['mail', { code: 451 }, false, /at MAIL FROM: .*451/],
    ['mail', { code: 550 }, true, /at MAIL FROM: .*550/],
    ['rcpt', { code: 450 }, false, /at RCPT TO: .*450/],
    ['rcpt', { code: 550, message: '5.1.1 No such user' }, true, /at RCPT TO: .*550 5\.1\.1 No such user/],
    ['data', { code: 452 }, false, /452/],
    ['data', { code: 554, message: 'Spam' }, true, /554 Spam/],
    ['connect', 'drop', false, /./],
    ['mail', 'drop', false, /./],
    ['rcpt', 'drop', false, /./],
    ['data', 'drop', false, /./],
    ['end', 'drop', false, /./],
    ['connect', { waitMs: 1500 }, false, /./],
    ['end', { waitMs: 1500 }, false, /./],
  ])('at %s with %j is final: %s', async (stage, how, permanent, words) => {
    const { smtp, driver } = await open({}, (one) => one.url(), 300);
    smtp.misbehave(stage, how);
    const error = await failure(driver);
    expect(error).toMatchObject({ name: 'MailFailure', permanent });
    expect(String(error)).toMatch(words);
    smtp.behave();
    // The next one goes through: nothing is stuck.
    await expect(driver.send(mail())).resolves.toContain('OK');
  });

  test('a server that is not there is to be tried again', async () => {
    const { smtp, driver } = await open();
    await smtp.close();
    servers.splice(0);
    expect(await failure(driver)).toMatchObject({ permanent: false });
    expect(await driver.check()).toMatchObject({ ok: false });
  });
});

describe('credentials', () => {
  test('are used, and a wrong password is the installation’s fault and no mail’s', async () => {
    const { smtp, driver } = await open({ authOptional: false, allowInsecureAuth: true }, (one) =>
      one.url('smtp', 'me:secret'),
    );
    await driver.send(mail());
    expect(smtp.received[0]?.user).toBe('me');
    const other = await open({ authOptional: false, allowInsecureAuth: true }, (one) => one.url('smtp', 'me:secret'));
    other.smtp.misbehave('auth', { code: 535 });
    const error = await failure(other.driver);
    expect(error).toMatchObject({ permanent: false });
    expect(String(error)).not.toContain('secret');
  });

  test('do not go along in the clear', () => {
    expect(() => smtpOptions({ url: 'smtp+plain://me:secret@mail.example.com', from })).toThrow(/in the clear/);
  });
});

describe('TLS', () => {
  test.each([
    ['smtp://mail.example.com', { port: 587, secure: false, requireTLS: true, ignoreTLS: false }],
    ['smtps://mail.example.com', { port: 465, secure: true }],
    ['smtp+plain://10.0.0.5', { port: 25, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://localhost:2525', { port: 2525, requireTLS: false }],
    ['smtps://user%40x:p%3Aw@mail.example.com:4650', { port: 4650, auth: { user: 'user@x', pass: 'p:w' } }],
  ])('%s', (url, expected) => {
    expect(smtpOptions({ url, from })).toMatchObject(expected);
    const { hostname } = new URL(url);
    expect(smtpOptions({ url, from }).tls?.rejectUnauthorized).toBe(hostname !== 'localhost');
  });

  test('is turned to when the server on this machine offers it, and a certificate that nobody signed is refused elsewhere', async () => {
    const { smtp, driver } = await open({ disabledCommands: [] });
    await driver.send(mail());
    expect(smtp.received[0]?.secure).toBe(true);
    const strict = await open({ secure: true }, (one) => one.url('smtps'));
    const error = await failure(strict.driver);
    expect(error).toMatchObject({ permanent: false });
    expect(String(error)).toMatch(/certificate|self/i);
  });
});

test.each([
  'ada@people.test\r\nBcc: all@people.test',
  'ada@people.test,eve@people.test',
  '<ada@people.test>',
  'ada@people.test>\nRCPT TO:<eve@people.test',
  'ada people@x.test',
  '',
])('an address that is more than one address is refused: %j', async (address) => {
  const { smtp, driver } = await open();
  expect(await failure(driver, { to: { address } })).toMatchObject({ permanent: true });
  expect(smtp.received).toEqual([]);
});

test('line breaks in a subject or a name make no headers', async () => {
  const { smtp, driver } = await open();
  const evil = 'Hello\r\nBcc: all@people.test\r\n\r\n<script>';
  await driver.send(
    await compose(
      '<two@podlift.test>',
      { address: 'ada@people.test', name: evil },
      {
        language: 'en',
        subject: evil,
        body: '<img src=x onerror=alert(1)>',
        foot: '&',
      },
    ),
  );
  const [got] = smtp.received;
  expect(got?.header('bcc')).toBeUndefined();
  expect(got?.to).toEqual(['ada@people.test']);
  expect(got?.header('to')).toBe('"Hello Bcc: all@people.test <script>" <ada@people.test>');
  const [, page = ''] = got?.raw.split('text/html') ?? [];
  expect(page).not.toContain('<script>');
  expect(page).not.toContain('<img');
});

test('a mail’s name says what it carries and who gets it', () => {
  const id = messageIdOf('0190', 'Ada@People.test', 'podlift.test');
  expect(id).toBe(messageIdOf('0190', 'ada@people.test', 'podlift.test'));
  expect(id).toMatch(/^<0190\.[0-9a-f]{16}@podlift\.test>$/);
  expect(id).not.toBe(messageIdOf('0190', 'bob@people.test', 'podlift.test'));
});
