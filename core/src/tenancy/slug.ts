import { TenantError } from './errors.ts';

const SHAPE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const LENGTH = { min: 2, max: 40 } as const;

/** Names that hosts, paths and people already use for something else. */
const RESERVED = new Set(
  `about abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover billing blog cdn cname console
   dashboard demo-host dev docs download downloads email events feed feeds files ftp graphql health help host hostmaster hosting http https
   id imap img info internal invite join js jobs legal localhost login logout mail marketplace me media metrics mta mx new news ns ns1 ns2
   oauth openapi operator owner pixel plugin plugins podlift pop postmaster privacy public reference register reports root rss security
   setup sign-in sign-out sign-up signin signout signup sitemap smtp sso staging static status support system tenant tenants terms test
   track tracking undefined null user users webhook webhooks webmail well-known www www1 www2 xn`
    .split(/\s+/)
    .filter(Boolean),
);

/** Checks a slug, which becomes a host name, or throws a sentence about what is wrong with it. */
export function checkSlug(slug: string): string {
  if (slug.length < LENGTH.min || slug.length > LENGTH.max)
    throw TenantError.badSlug(slug, `It has ${LENGTH.min} to ${LENGTH.max} characters.`);
  if (!SHAPE.test(slug))
    throw TenantError.badSlug(slug, 'It starts with a letter and has small letters, digits and single hyphens.');
  if (RESERVED.has(slug)) throw TenantError.badSlug(slug, 'It is reserved.');
  return slug;
}

/** A slug from a name that a person typed: `Ääkköset & Söhne` becomes `aakkoset-sohne`. May still be taken. */
export function suggestSlug(name: string): string {
  const letters = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, LENGTH.max)
    .replace(/-+$/, '');
  return letters.length < LENGTH.min || RESERVED.has(letters) ? `workspace${letters ? `-${letters}` : ''}` : letters;
}
