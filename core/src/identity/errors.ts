import { PodliftError } from '@podlift/sdk';
import { problem } from '../http/index.ts';
import { PASSWORD_LENGTH } from './limits.ts';

const field = (path: string, message: string) => ({ details: [{ path: [path], message }] });

const CHALLENGE = { 'www-authenticate': 'Bearer realm="podlift"' };

/** What can go wrong with people, keys and sign-in, in sentences. */
export const IdentityError = {
  badKey: () =>
    problem(401, 'identity.key_bad', 'The key is not good', {
      detail: 'The key in the Authorization header is not known, was revoked or has expired.',
      headers: CHALLENGE,
    }),

  badAuthorization: () =>
    problem(401, 'identity.credential_bad', 'The Authorization header holds nothing that is known here', {
      detail: 'Send a key as `Bearer plk_…`, or a write key as the user name of `Basic`.',
      headers: CHALLENGE,
    }),

  /** The same for an unknown address and a wrong password, so that nobody learns who has an account. */
  wrongPassword: () =>
    problem(401, 'identity.wrong_password', 'Sign-in failed', {
      detail: 'The e-mail address or the password is not right.',
    }),

  crossSite: () =>
    new PodliftError('identity.cross_site', 'The request comes from a page of another site.', { kind: 'forbidden' }),

  onlyPeople: () =>
    new PodliftError('identity.not_a_person', 'A key has no e-mail address; sign in.', { kind: 'forbidden' }),

  noMail: () => new PodliftError('identity.no_mail', 'This installation sends no mails.', { kind: 'unavailable' }),

  badEmail: () =>
    new PodliftError('identity.email_invalid', 'That is not an e-mail address.', {
      kind: 'invalid',
      ...field('email', 'Is not an e-mail address.'),
    }),

  emailTaken: (email: string) =>
    new PodliftError('identity.email_taken', `There is already an account for ${email}.`, {
      kind: 'conflict',
      ...field('email', 'Has an account already.'),
    }),

  badPassword: (why: string) =>
    new PodliftError('identity.password_weak', why, { kind: 'invalid', ...field('password', why) }),

  unknownUser: (who: string) =>
    new PodliftError('identity.user_unknown', `There is no account for ${who}.`, {
      kind: 'missing',
      ...field('email', 'Has no account here.'),
    }),

  addressUnproven: (who: string) =>
    new PodliftError(
      'identity.address_unproven',
      `Nobody has confirmed yet that ${who} is their address. Invite them: only who reads mails to it can join then.`,
      { kind: 'conflict', ...field('email', 'Was not confirmed.') },
    ),

  setupClosed: () =>
    new PodliftError(
      'identity.setup_closed',
      'This setup link was used, has expired or was never valid. Start Podlift again to get a new one, as long as nobody owns it.',
      { kind: 'forbidden' },
    ),

  resetClosed: () =>
    new PodliftError(
      'identity.reset_closed',
      'This link was used, has expired or was never valid. Ask for a new one.',
      {
        kind: 'forbidden',
      },
    ),

  invitationClosed: () =>
    new PodliftError(
      'identity.invitation_closed',
      'This invitation was used, taken back, has expired or was never valid.',
      {
        kind: 'forbidden',
      },
    ),

  invitedOther: (email: string) =>
    new PodliftError('identity.invited_other', `The invitation is for ${email}; sign in with that account to use it.`, {
      kind: 'forbidden',
    }),

  unknownInvitation: () =>
    new PodliftError('identity.invitation_unknown', 'There is no such open invitation.', { kind: 'missing' }),

  alreadyMember: (email: string) =>
    new PodliftError('identity.member_exists', `${email} is a member already.`, {
      kind: 'conflict',
      ...field('email', 'Is a member already.'),
    }),

  unknownMember: () =>
    new PodliftError('identity.member_unknown', 'This person is not a member of the workspace.', { kind: 'missing' }),

  lastOwner: () =>
    new PodliftError(
      'identity.last_owner',
      'A workspace keeps at least one owner. Make somebody else an owner first.',
      { kind: 'conflict' },
    ),

  ownersOnly: () =>
    new PodliftError('identity.owners_only', 'Only an owner makes or removes owners, and exchanges their keys.', {
      kind: 'forbidden',
    }),

  inviteInstead: () =>
    new PodliftError(
      'identity.invite_instead',
      'Where people register by themselves, nobody has proved that an e-mail address is theirs. Invite them: the link is the proof.',
      { kind: 'conflict' },
    ),

  unknownKey: () =>
    new PodliftError('identity.key_unknown', 'There is no such key in this workspace.', { kind: 'missing' }),

  keyGone: () =>
    new PodliftError('identity.key_gone', 'The key was revoked or has expired; make a new one.', { kind: 'conflict' }),

  scopeUnknown: (scope: string) =>
    new PodliftError('identity.scope_unknown', `"${scope}" is not a permission that a key could have.`, {
      kind: 'invalid',
      ...field('scopes', `"${scope}" is not a permission.`),
    }),

  scopeBeyond: (scope: string) =>
    new PodliftError(
      'identity.scope_beyond',
      `You cannot give a key the permission "${scope}", because you do not have it yourself.`,
      { kind: 'forbidden', ...field('scopes', `You do not have "${scope}" yourself.`) },
    ),

  expiryPast: () =>
    new PodliftError('identity.expiry_past', 'The key would have expired already.', {
      kind: 'invalid',
      ...field('expiresAt', 'Lies in the past.'),
    }),

  signUpClosed: () =>
    new PodliftError(
      'identity.sign_up_closed',
      'Nobody can register here by themselves; ask who runs this installation.',
      {
        kind: 'forbidden',
      },
    ),

  passwordTooShort: () => `Use at least ${PASSWORD_LENGTH.min} characters.`,
};
