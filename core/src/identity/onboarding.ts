import type { Pool } from 'pg';
import type { Witness } from '../audit/index.ts';
import { FREE, suggestSlug, UNLIMITED, type Tenancy, type Tenant } from '../tenancy/index.ts';
import { IdentityError } from './errors.ts';
import type { Members } from './members.ts';
import type { Organizations } from './organizations.ts';
import { weakness } from './password-quality.ts';
import type { SetupTokens } from './setup-token.ts';
import { checkEmail, type NewUser, type User, type Users } from './users.ts';

/** Somebody and the workspace they begin with. */
export interface NewOwner extends NewUser {
  readonly workspace: string;
}

export interface Owner {
  readonly user: User;
  readonly tenant: Tenant;
}

interface NewWorkspace {
  readonly name: string;
  readonly plan: string;
  /** Without one, what the name suggests and is free. */
  readonly slug?: string | undefined;
  readonly witness?: Witness<Tenant> | undefined;
}

/** How people and workspaces come to be together. */
export interface Onboarding {
  /** With a setup token: the first operator, their workspace, their membership. All of it, or nothing. */
  setUp(token: string, owner: NewOwner, witness?: Witness<Owner>): Promise<Owner>;
  /** The same from the command line, as often as wanted. */
  createOwner(owner: NewOwner, witness?: Witness<Owner>): Promise<Owner>;
  /** For whoever signs up by themselves: no operator, the free plan. */
  signUp(owner: NewOwner, witness?: Witness<Owner>): Promise<Owner>;
  /** Makes a workspace for somebody who has an account. */
  createWorkspace(userId: string, workspace: NewWorkspace): Promise<Tenant>;
}

export interface OnboardingDeps {
  readonly pool: Pool;
  readonly users: Users;
  readonly members: Members;
  readonly organizations: Organizations;
  readonly tokens: SetupTokens;
  readonly tenancy: Tenancy;
}

const SLUG_TRIES = 50;

export function createOnboarding(deps: OnboardingDeps): Onboarding {
  const { pool, users, members, organizations, tokens, tenancy } = deps;

  const createWorkspace: Onboarding['createWorkspace'] = async (userId, workspace) => {
    const user = await users.find(userId);
    if (!user) throw IdentityError.unknownUser(userId);
    const tenant = await createTenant(tenancy, workspace);
    await organizations.ensure(tenant);
    await members.add(tenant.id, user.email, 'owner');
    return tenant;
  };
  const begin = async (owner: NewOwner, plan: string, witness?: Witness<Owner>): Promise<Owner> => {
    const user = await users.create(owner);
    try {
      const row: Witness<Tenant> | undefined = witness && ((tx, tenant) => witness(tx, { user, tenant }));
      return { user, tenant: await createWorkspace(user.id, { name: owner.workspace, plan, witness: row }) };
    } catch (error) {
      await pool.query('delete from auth."user" where id = $1', [user.id]);
      throw error;
    }
  };
  const createOwner: Onboarding['createOwner'] = async (owner, witness) => {
    const made = await begin(owner, UNLIMITED);
    await users.setOperator(made.user.id, true, 'setup', witness && ((tx) => witness(tx, made)), made.tenant.id);
    return { ...made, user: { ...made.user, operator: true } };
  };

  return {
    createOwner,
    createWorkspace,
    async setUp(token, owner, witness) {
      // What a person can mend is told before the link is used up.
      if (!(await tokens.isOpen(token))) throw IdentityError.setupClosed();
      checkOwner(owner);
      if (!(await tokens.claim(token))) throw IdentityError.setupClosed();
      try {
        return await createOwner(owner, witness);
      } catch (error) {
        await tokens.release(token);
        throw error;
      }
    },
    async signUp(owner, witness) {
      checkOwner(owner);
      return begin(owner, FREE, witness);
    },
  };
}

/** @throws IdentityError when the address is none, or the password is too weak. */
export function checkOwner({ email, name, password, hash, workspace }: NewOwner): void {
  checkEmail(email);
  const weak = hash === undefined && weakness(password, [email, name, workspace]);
  if (weak) throw IdentityError.badPassword(weak);
}

/** Takes the slug that is wanted, or of those that the name suggests the first that is free. */
async function createTenant(tenancy: Tenancy, { slug, witness, ...about }: NewWorkspace): Promise<Tenant> {
  const kept = { ...about, ...(witness && { witness }) };
  if (slug !== undefined) return tenancy.create({ slug, ...kept });
  const wanted = suggestSlug(about.name);
  for (let attempt = 1; ; attempt++)
    try {
      const tried = attempt === 1 ? wanted : `${wanted.slice(0, 36)}-${attempt}`;
      return await tenancy.create({ slug: tried, ...kept });
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'tenants.slug_taken';
      if (!taken || attempt === SLUG_TRIES) throw error;
    }
}
