import type { Pool } from 'pg';
import type { Role } from '../access/index.ts';
import type { Witness } from '../audit/index.ts';
import { IdentityError } from './errors.ts';
import type { Invitation, Invitations } from './invitations.ts';
import type { Member, Members } from './members.ts';
import { weakness } from './password-quality.ts';
import { checkEmail, type Users } from './users.ts';

/** What an invitation asks of whoever holds its link. */
export interface OpenInvitation {
  readonly invitation: Invitation;
  /** The address has an account: its owner signs in to join. Else the account is made with the membership. */
  readonly hasAccount: boolean;
}

/** How somebody who was invited becomes a member. */
export interface Joining {
  /** Makes an invitation; the token goes into the link that is sent to that address. */
  invite(input: {
    readonly tenant: string;
    readonly email: string;
    readonly role: Role;
    readonly by: string;
    readonly witness?: Witness<Invitation>;
  }): Promise<{ readonly invitation: Invitation; readonly token: string }>;
  findInvitation(token: string): Promise<OpenInvitation | undefined>;
  /** For whoever is signed in under the address that was invited. */
  joinAs(token: string, userId: string, witness?: Witness<Member>): Promise<Member>;
  /** For whoever has no account: makes it, under the address that was invited. */
  joinAsNew(
    token: string,
    person: { readonly name: string; readonly password: string },
    witness?: Witness<Member>,
  ): Promise<Member>;
}

export interface JoiningDeps {
  readonly pool: Pool;
  readonly users: Users;
  readonly members: Members;
  readonly invitations: Invitations;
  /** Whether people can be asked to confirm an address: whoever invites sees the link, so that following it proves nothing. */
  readonly asksToConfirm: () => boolean;
}

export function createJoining({ pool, users, members, invitations, asksToConfirm }: JoiningDeps): Joining {
  const claimed = async <T>(token: string, join: (invitation: Invitation) => Promise<T>): Promise<T> => {
    const invitation = await invitations.claim(token);
    if (!invitation) throw IdentityError.invitationClosed();
    try {
      return await join(invitation);
    } catch (error) {
      await invitations.release(token);
      throw error;
    }
  };

  return {
    async invite(input) {
      const email = checkEmail(input.email);
      const user = await users.find(email);
      if (user && (await members.find(input.tenant, user.id))) throw IdentityError.alreadyMember(email);
      return invitations.create({ ...input, email });
    },
    async findInvitation(token) {
      const invitation = await invitations.find(token);
      return invitation && { invitation, hasAccount: (await users.find(invitation.email)) !== undefined };
    },
    joinAs: (token, userId, witness) =>
      claimed(token, async ({ tenant, email, role }) => {
        const user = await users.find(userId);
        if (user?.email !== email) throw IdentityError.invitedOther(email);
        return members.add(tenant, email, role, witness);
      }),
    joinAsNew: (token, { name, password }, witness) =>
      claimed(token, async ({ tenant, email, role }) => {
        const weak = weakness(password, [email, name]);
        if (weak) throw IdentityError.badPassword(weak);
        const user = await users.create({ name, email, password, verified: !asksToConfirm() });
        try {
          return await members.add(tenant, email, role, witness);
        } catch (error) {
          await pool.query('delete from auth."user" where id = $1', [user.id]);
          throw error;
        }
      }),
  };
}
