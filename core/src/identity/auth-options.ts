import { apiKey } from '@better-auth/api-key';
import type { BetterAuthOptions } from 'better-auth';
import { bearer, organization } from 'better-auth/plugins';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { uuidv7 } from '@podlift/sdk';
import { hashPassword, verifyPassword } from './password.ts';
import {
  AUTH_SCHEMA,
  CLIENT_IP_HEADER,
  COOKIE_PREFIX,
  KEY_PREFIX,
  PASSWORD_LENGTH,
  RESET_SECONDS,
  SESSION_SECONDS,
} from './limits.ts';

/** A person, as better-auth hands one over. */
export interface AuthUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** What better-auth is told by this installation. */
export interface AuthSettings {
  /** The pool of podlift_auth. */
  readonly pool: Pool;
  readonly secret: string;
  readonly publicUrl: string;
  /** Session cookies reach the tenants' host names when this is set. */
  readonly cookieDomain: string | undefined;
  /** Whether a browser at this origin may be answered. */
  isTrustedOrigin(origin: string): Promise<boolean>;
  log(level: 'error' | 'warn', message: string, details: unknown): void;
  /** Somebody asked for a new password, and has an account. */
  onForgotten?(user: AuthUser, token: string, request: Request | undefined): Promise<void>;
  /** Somebody set a new password with the link they got. */
  onReset?(user: AuthUser): Promise<void>;
}

/**
 * The options of better-auth, which the committed migration is compiled from too.
 *
 * `generateId` is a function on purpose: with `'uuid'` the rows that stop replays get a random id and stop nothing.
 */
export function authOptions(settings: AuthSettings): BetterAuthOptions {
  return {
    appName: 'Podlift',
    baseURL: settings.publicUrl,
    basePath: '/api/auth',
    secret: settings.secret,
    telemetry: { enabled: false },
    logger: {
      level: 'warn',
      disableColors: true,
      log: (level, message, ...details) => settings.log(level === 'error' ? 'error' : 'warn', message, details),
    },
    database: {
      db: new Kysely({ dialect: new PostgresDialect({ pool: settings.pool }) }),
      type: 'postgres',
      transaction: true,
      schemaName: AUTH_SCHEMA,
    },
    emailAndPassword: {
      enabled: true,
      // People register on our page, which checks the password and makes the workspace.
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH.min,
      maxPasswordLength: PASSWORD_LENGTH.max,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: RESET_SECONDS,
      sendResetPassword: async ({ user, token }, request) => settings.onForgotten?.(user, token, request),
      onPasswordReset: async ({ user }) => settings.onReset?.(user),
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    },
    // A session ends seven days after sign-in, used or not: the fast check writes nothing.
    session: { expiresIn: SESSION_SECONDS, disableSessionRefresh: true, cookieCache: { enabled: false } },
    verification: { storeIdentifier: 'hashed' },
    trustedOrigins: async (request) => {
      const origin = request?.headers.get('origin');
      return origin && (await settings.isTrustedOrigin(origin)) ? [origin] : [];
    },
    // Counted by account and address in front of better-auth, see sign-in.ts.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: settings.publicUrl.startsWith('https:'),
      ...(settings.cookieDomain ? { crossSubDomainCookies: { enabled: true, domain: settings.cookieDomain } } : {}),
      database: { generateId: () => uuidv7() },
      ipAddress: { ipAddressHeaders: [CLIENT_IP_HEADER] },
    },
    plugins: [
      organization({ allowUserToCreateOrganization: false, disableOrganizationDeletion: true }),
      apiKey([
        { configId: 'secret', defaultPrefix: KEY_PREFIX.secret, ...keyShape },
        { configId: 'write', defaultPrefix: KEY_PREFIX.write, ...keyShape },
      ]),
      bearer({ requireSignature: true }),
    ],
  };
}

const keyShape = { references: 'organization', enableMetadata: true, rateLimit: { enabled: false } } as const;
