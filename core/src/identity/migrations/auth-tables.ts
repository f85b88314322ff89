/**
 * better-auth's own tables, as `getMigrations(authOptions(…)).compileMigrations()` of better-auth 1.7.25 wrote them.
 * A test proves that nothing is left to create; after an upgrade of better-auth, what is left becomes the next migration.
 */
export const AUTH_TABLES = `
create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique, "emailVerified" boolean not null, "image" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz default CURRENT_TIMESTAMP not null);
create table "session" ("id" text not null primary key, "expiresAt" timestamptz not null, "token" text not null unique, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz not null, "ipAddress" text, "userAgent" text, "userId" text not null references "user" ("id") on delete cascade, "activeOrganizationId" text);
create table "account" ("id" text not null primary key, "accountId" text not null, "providerId" text not null, "userId" text not null references "user" ("id") on delete cascade, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text, "password" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz not null);
create table "verification" ("id" text not null primary key, "identifier" text not null, "value" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz default CURRENT_TIMESTAMP not null);
create table "organization" ("id" text not null primary key, "name" text not null, "slug" text not null unique, "logo" text, "createdAt" timestamptz not null, "metadata" text);
create table "member" ("id" text not null primary key, "organizationId" text not null references "organization" ("id") on delete cascade, "userId" text not null references "user" ("id") on delete cascade, "role" text not null, "createdAt" timestamptz not null);
create table "invitation" ("id" text not null primary key, "organizationId" text not null references "organization" ("id") on delete cascade, "email" text not null, "role" text, "status" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "inviterId" text not null references "user" ("id") on delete cascade);
create table "apikey" ("id" text not null primary key, "configId" text not null, "name" text, "start" text, "referenceId" text not null, "prefix" text, "key" text not null, "refillInterval" integer, "refillAmount" integer, "lastRefillAt" timestamptz, "enabled" boolean, "rateLimitEnabled" boolean, "rateLimitTimeWindow" integer, "rateLimitMax" integer, "requestCount" integer, "remaining" integer, "lastRequest" timestamptz, "expiresAt" timestamptz, "createdAt" timestamptz not null, "updatedAt" timestamptz not null, "permissions" text, "metadata" text);
create index "session_userId_idx" on "session" ("userId");
create index "account_userId_idx" on "account" ("userId");
create index "verification_identifier_idx" on "verification" ("identifier");
create index "member_organizationId_idx" on "member" ("organizationId");
create index "member_userId_idx" on "member" ("userId");
create index "invitation_organizationId_idx" on "invitation" ("organizationId");
create index "invitation_email_idx" on "invitation" ("email");
create index "apikey_configId_idx" on "apikey" ("configId");
create index "apikey_referenceId_idx" on "apikey" ("referenceId");
create index "apikey_key_idx" on "apikey" ("key");
`;

const person = { category: 'personal', subject: 'user', purpose: 'account', erasure: 'delete' } as const;
const pseudonym = { ...person, category: 'pseudonymous' } as const;
const secret = { ...person, category: 'secret' } as const;

/** What each column of better-auth's tables holds. */
export const AUTH_PRIVACY = {
  user: {
    id: pseudonym,
    name: person,
    email: person,
    emailVerified: 'none',
    image: person,
    createdAt: 'none',
    updatedAt: 'none',
  },
  session: {
    id: 'none',
    expiresAt: 'none',
    token: secret,
    createdAt: 'none',
    updatedAt: 'none',
    ipAddress: person,
    userAgent: person,
    userId: pseudonym,
    activeOrganizationId: 'none',
  },
  account: {
    id: 'none',
    accountId: pseudonym,
    providerId: 'none',
    userId: pseudonym,
    accessToken: secret,
    refreshToken: secret,
    idToken: secret,
    accessTokenExpiresAt: 'none',
    refreshTokenExpiresAt: 'none',
    scope: 'none',
    password: secret,
    createdAt: 'none',
    updatedAt: 'none',
  },
  verification: {
    id: 'none',
    identifier: secret,
    value: secret,
    expiresAt: 'none',
    createdAt: 'none',
    updatedAt: 'none',
  },
  organization: { id: 'none', name: 'none', slug: 'none', logo: 'none', createdAt: 'none', metadata: 'none' },
  member: { id: 'none', organizationId: 'none', userId: pseudonym, role: 'none', createdAt: 'none' },
  invitation: {
    id: 'none',
    organizationId: 'none',
    email: person,
    role: 'none',
    status: 'none',
    expiresAt: 'none',
    createdAt: 'none',
    inviterId: pseudonym,
  },
  apikey: {
    id: 'none',
    configId: 'none',
    name: 'none',
    start: 'none',
    referenceId: 'none',
    prefix: 'none',
    key: secret,
    refillInterval: 'none',
    refillAmount: 'none',
    lastRefillAt: 'none',
    enabled: 'none',
    rateLimitEnabled: 'none',
    rateLimitTimeWindow: 'none',
    rateLimitMax: 'none',
    requestCount: 'none',
    remaining: 'none',
    lastRequest: 'none',
    expiresAt: 'none',
    createdAt: 'none',
    updatedAt: 'none',
    permissions: 'none',
    metadata: pseudonym,
  },
} as const;
