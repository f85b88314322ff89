import { expect, test } from 'vitest';
import { dispositionHeaders } from './disposition.ts';

const headersOf = (name: string, mediaType: string, wanted: 'inline' | 'attachment' = 'inline') =>
  new Headers(dispositionHeaders({ name, mediaType }, wanted));

test.each([
  ['image/png', 'inline'],
  ['audio/mpeg', 'inline'],
  ['text/plain; charset=utf-8', 'inline'],
  ['text/html', 'inline'],
  ['image/svg+xml', 'inline'],
  ['application/pdf', 'attachment'],
  ['application/javascript', 'attachment'],
  ['text/xml', 'attachment'],
])('%s is shown as %s at most', (type, expected) => {
  expect(headersOf('a', type).get('content-disposition')).toMatch(new RegExp(`^${expected};`));
  expect(headersOf('a', type, 'attachment').get('content-disposition')).toMatch(/^attachment;/);
  expect(headersOf('a', type).get('content-security-policy')).toMatch(/^sandbox;.*default-src 'none'/);
  expect(headersOf('a', type).get('x-content-type-options')).toBe('nosniff');
});

test.each([
  '',
  'html',
  'text/html; x="<script>"',
  'text/html\r\nset-cookie: a=b',
  `${'a'.repeat(200)}/b`,
  'text/ html',
  'текст/html',
])('a media type like %j is none', (type) =>
  expect(headersOf('a', type).get('content-type')).toBe('application/octet-stream'),
);

test.each([
  ['report.pdf', 'filename="report.pdf"; filename*=UTF-8\'\'report.pdf'],
  ['Übersicht "1".csv', 'filename="_bersicht _1_.csv"; filename*=UTF-8\'\'%C3%9Cbersicht%20%221%22.csv'],
  ['../../etc/passwd', 'filename="__.._etc_passwd"; filename*=UTF-8\'\'.._.._etc_passwd'],
  ['a\r\nset-cookie: x', 'filename="a__set-cookie_ x"; filename*=UTF-8\'\'a__set-cookie%3A%20x'],
  ['\ud800', 'filename="_"; filename*=UTF-8\'\'%EF%BF%BD'],
  ['...', 'filename="_"; filename*=UTF-8\'\'...'],
])('the name %j is no path and ends no header', (name, expected) =>
  expect(headersOf(name, 'text/csv', 'attachment').get('content-disposition')).toBe(`attachment; ${expected}`),
);
