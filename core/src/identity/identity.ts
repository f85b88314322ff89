import type { Access } from '../access/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Clock, Config } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Keyring, Quotas } from '../settings/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import { createAccountLetters, languagesOf, type AccountLetters } from './account-letters.ts';
import { createAddressTokens } from './account-token.ts';
import { createAuth, type Auth } from './auth.ts';
import { createAuthenticate } from './authenticate.ts';
import type { Identified } from './credential.ts';
import { createDevices } from './devices.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { retire } from './cleaning.ts';
import { createJoining, type Joining } from './joining.ts';
import { createKeyUsage } from './key-usage.ts';
import { createKeys, type Keys } from './keys.ts';
import { COOKIE_PREFIX, RESET_SECONDS } from './limits.ts';
import { createMembers, type Members } from './members.ts';
import { createOnboarding, type Onboarding } from './onboarding.ts';
import { createOrganizations, type Organizations } from './organizations.ts';
import { createOrigins, type Origins } from './origins.ts';
import { NO_POST, type Post } from './letter.ts';
import { createResolvePrincipal, type KnownPrincipal } from './principal.ts';
import { createSecurityTrail, type SecurityTrail } from './security-trail.ts';
import { createSetupTokens } from './setup-token.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createSignUp, type SignUp } from './sign-up.ts';
import { authSecretOf } from './token.ts';
import { createUsers, type Users } from './users.ts';
import type { TenantRef } from '../http/index.ts';

export interface IdentityDeps {
  readonly config: Pick<Config, 'publicUrl' | 'baseDomain' | 'mode'>;
  readonly database: Database;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly tenancy: Tenancy;
  readonly access: Access;
  readonly quotas: Pick<Quotas, 'assertRoom' | 'countBy'>;
  readonly audit?: Pick<Audit, 'record'>;
  /** Carries letters to people; none when absent. */
  readonly post?: Post;
  /** Where the secret that sessions are signed with comes from. */
  readonly keyring: Pick<Keyring, 'derive'>;
  readonly log: {
    error(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
}

/** People, keys and sessions: who somebody is, and where they belong. */
export interface Identity extends Onboarding, Joining, SignIn {
  /** Where links lead. */
  readonly publicUrl: string;
  authenticate(request: Request): Promise<Identified | undefined>;
  resolvePrincipal(credential: Identified, tenant: TenantRef | undefined): Promise<KnownPrincipal | undefined>;
  readonly auth: Auth;
  readonly trail: SecurityTrail;
  readonly users: Users;
  readonly members: Members;
  readonly keys: Keys;
  readonly invitations: Invitations;
  readonly organizations: Organizations;
  readonly origins: Origins;
  /** Letters about accounts, and what their links do. */
  readonly letters: AccountLetters;
  /** Signing up by letter, where letters reach people. */
  readonly signUpByLetter: SignUp;
  /** A link that makes the first owner, or undefined when somebody owns the installation. Show it once, at start. */
  createSetupLink(publicUrl?: string): Promise<string | undefined>;
  /** Whether a setup token could be used now. */
  isSetupOpen(token: string): Promise<boolean>;
  /** Makes organisations that are missing; returns how many. */
  repairOrganizations(): Promise<number>;
  /** Removes sessions, keys, invitations and links that ended long ago; returns how many. */
  retire(): Promise<number>;
  /** Starts writing down key use, repairing organisations and removing what ended long ago; returns how to stop. */
  start(): () => Promise<void>;
}

const TIDY_MS = 5 * 60_000;
/** Whoever used a link of a letter has its address; other links that are under way open nothing any more. */
const PROVEN = `with gone as (delete from auth.verification where value = $1)
  update auth."user" set "emailVerified" = true where id = $1`;

const CONFIRMED = `select "emailVerified" as confirmed from auth."user" where id = $1`;

export function createIdentity(deps: IdentityDeps): Identity {
  const { config, database, clock, limits, tenancy, access, quotas, log } = deps;
  const pool = database.pool('auth');
  const post = deps.post ?? NO_POST;
  const secret = authSecretOf(deps.keyring);
  const origins = createOrigins({ config, isKnownDomain: (host) => tenancy.domains.isKnown(host) });
  const auth = createAuth({
    pool,
    secret,
    publicUrl: config.publicUrl,
    cookieDomain: cookieDomainOf(config),
    isTrustedOrigin: (origin) => origins.isTrusted(origin),
    log: (level, message, details) => log[level]({ details }, `better-auth: ${message}`),
    async onForgotten({ email, name }, token, request) {
      await post.send({
        kind: 'reset-password',
        to: { address: email, name },
        languages: languagesOf(request?.headers.get('accept-language')),
        values: { name },
        link: `${config.publicUrl}/reset-password?token=${token}`,
        validMs: RESET_SECONDS * 1000,
      });
    },
    async onReset(user) {
      await pool.query(PROVEN, [user.id]);
      await trail.did(user.id, 'user.password_reset');
      await letters.passwordChanged(user);
    },
  });
  const users = createUsers({ pool, clock });
  const members = createMembers({
    pool,
    clock,
    assertRoom: (tenant, used) => quotas.assertRoom(tenant, 'members', used),
  });
  const keys = createKeys({ pool, clock, assertRoom: (tenant, used) => quotas.assertRoom(tenant, 'keys', used) });
  const trail = createSecurityTrail({
    audit: deps.audit,
    users,
    onError: (err) => log.warn({ err }, 'failed sign-ins were not written down'),
  });
  const organizations = createOrganizations({ pool, clock });
  const invitations = createInvitations({ pool, clock });
  const tokens = createSetupTokens({ pool, clock });
  const usage = createKeyUsage({ pool, onError: (err) => log.warn({ err }, 'use of keys was not written down') });
  const secure = config.publicUrl.startsWith('https:') ? '__Secure-' : '';
  const letters = createAccountLetters({
    post,
    auth: () => auth,
    tokens: createAddressTokens({ pool, clock }),
    devices: createDevices({ pool, clock, secure: secure !== '' }),
    limits,
    tenancy,
    publicUrl: config.publicUrl,
    isConfirmed: async (user) =>
      (await pool.query<{ confirmed: boolean }>(CONFIRMED, [user])).rows[0]?.confirmed ?? true,
    now: () => clock.now(),
    onError: (err) => log.warn({ err }, 'A letter about an account could not be written'),
  });

  quotas.countBy('members', (tenant) => members.count(tenant));
  quotas.countBy('keys', (tenant) => keys.count(tenant));
  tenancy.onCreated('organization', (tenant) => organizations.ensure(tenant));
  tenancy.onPurge('organization', (tenant) => organizations.remove(tenant.id));

  async function* everyTenant() {
    let after: string | undefined;
    do {
      const page = await tenancy.list({ limit: 200, ...(after && { after }) });
      yield* page.items.filter(({ status }) => status !== 'purging');
      after = page.next;
    } while (after);
  }
  const repairOrganizations = () => organizations.repair(everyTenant());

  const joining = createJoining({ pool, users, members, invitations, asksToConfirm: () => letters.open });
  const onboarding = createOnboarding({ pool, users, members, organizations, tokens, tenancy });

  const signUpByLetter = createSignUp({
    post,
    users,
    onboarding,
    limits,
    key: deps.keyring.derive('podlift/sign-up/v1'),
    publicUrl: config.publicUrl,
    now: () => clock.now(),
    onError: (err) => log.warn({ err }, 'A letter for a sign-up could not be written'),
  });

  return {
    ...joining,
    signUpByLetter,
    async invite(input) {
      const made = await joining.invite(input);
      await letters.invited(made.invitation, made.token);
      return made;
    },
    async joinAsNew(token, person, witness) {
      const member = await joining.joinAsNew(token, person, witness);
      await letters.askToConfirm({ ...member, id: member.userId });
      return member;
    },
    ...onboarding,
    async signUp(owner, witness) {
      const made = await onboarding.signUp({ ...owner, verified: !letters.open }, witness);
      await letters.askToConfirm(made.user);
      return made;
    },
    ...createSignIn({ auth, limits, publicUrl: config.publicUrl, trail }),
    trail,
    authenticate: createAuthenticate({
      database,
      secret,
      cookieName: `${secure}${COOKIE_PREFIX}.session_token`,
      noteKeyUse: (id) => usage.note(id, clock.now()),
    }),
    resolvePrincipal: createResolvePrincipal(access),
    auth,
    letters,
    users: {
      ...users,
      async resetPassword(idOrEmail, password, witness) {
        const user = await users.resetPassword(idOrEmail, password, witness);
        await letters.passwordChanged(user);
        return user;
      },
    },
    members,
    organizations,
    origins,
    keys,
    invitations,
    publicUrl: config.publicUrl,
    isSetupOpen: (token) => tokens.isOpen(token),
    async createSetupLink(publicUrl = config.publicUrl) {
      const token = await tokens.issue();
      return token && `${publicUrl}/setup?token=${token}`;
    },
    repairOrganizations,
    retire: () => retire({ pool, clock }),
    start() {
      const stopUsage = usage.start();
      const stopTrail = trail.start();
      const tidy = async (): Promise<void> => {
        try {
          const made = await repairOrganizations();
          if (made > 0) log.warn({ made }, 'organisations of tenants were missing and were made');
          await retire({ pool, clock });
        } catch (error) {
          log.error({ err: error }, 'tidying up people and keys failed');
        }
      };
      const timer = setInterval(() => void tidy(), TIDY_MS);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await letters.settled();
        await stopUsage();
        await stopTrail();
      };
    },
  };
}

/** Tenants' host names share the session when the installation's own name lies under the same domain. */
function cookieDomainOf({ baseDomain, publicUrl }: Pick<Config, 'baseDomain' | 'publicUrl'>): string | undefined {
  const { hostname } = new URL(publicUrl);
  return baseDomain && (hostname === baseDomain || hostname.endsWith(`.${baseDomain}`)) ? baseDomain : undefined;
}
