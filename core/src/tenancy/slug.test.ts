import { describe, expect, test } from 'vitest';
import { checkSlug, suggestSlug } from './slug.ts';

describe('a slug', () => {
  test.each(['ab', 'acme', 'acme-2', 'a1-b2-c3', 'a'.repeat(40)])('%s is good', (slug) => {
    expect(checkSlug(slug)).toBe(slug);
  });

  test.each([
    ['a', /2 to 40/],
    ['a'.repeat(41), /2 to 40/],
    ['Acme', /small letters/],
    ['2acme', /starts with a letter/],
    ['acme-', /single hyphens/],
    ['acme--x', /single hyphens/],
    ['-acme', /starts with/],
    ['ac me', /small letters/],
    ['acme.x', /small letters/],
    ['ácme', /small letters/],
    ['xn--acme', /single hyphens/],
    ['admin', /reserved/],
    ['www', /reserved/],
    ['', /2 to 40/],
  ])('%j is refused and the field is named', (slug, why) => {
    expect(() => checkSlug(slug)).toThrow(why);
    expect(() => checkSlug(slug)).toThrow(expect.objectContaining({ code: 'tenants.slug_invalid', kind: 'invalid' }));
  });
});

test.each([
  ['Acme Inc.', 'acme-inc'],
  ['Ääkköset & Söhne', 'aakkoset-sohne'],
  ['  9 Lives ', 'lives'],
  ['Straße', 'strasse'],
  ['Admin', 'workspace-admin'],
  ['日本', 'workspace'],
  ['!', 'workspace'],
  ['long '.repeat(20), 'long-long-long-long-long-long-long-long'],
])('%j suggests %s', (name, slug) => {
  expect(suggestSlug(name)).toBe(slug);
  expect(checkSlug(suggestSlug(name))).toBe(slug);
});
