import { z } from 'zod';
import type { Witness } from '../audit/index.ts';
import type { Limits, Window } from '../limits/index.ts';
import { createSealer } from '../settings/index.ts';
import type { Visit } from './account-letters.ts';
import type { Post } from './letter.ts';
import { EMAIL_MS } from './limits.ts';
import { checkOwner, type NewOwner, type Onboarding, type Owner } from './onboarding.ts';
import { hashPassword } from './password.ts';
import { hashToken } from './token.ts';
import type { Users } from './users.ts';

/** Signing up by letter: nothing is made before the link is used, so no answer tells whether there is an account. */
export interface SignUp {
  /**
   * Somebody wants an account. Answers the same and as fast whoever asks; the address gets a link, or is told that it has an account.
   * Asking again sends another letter. @throws IdentityError for what the person can mend, `limits.exceeded` for one who asks too often.
   */
  ask(owner: NewOwner, visit: Pick<Visit, 'ip' | 'languages'>): Promise<void>;
  isOpen(token: string): Promise<boolean>;
  /** Makes account and workspace, once; undefined when the link opens nothing. */
  finish(token: string, witness?: Witness<Owner>): Promise<Owner | undefined>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export interface SignUpDeps {
  readonly post: Post;
  readonly users: Pick<Users, 'find'>;
  readonly onboarding: Pick<Onboarding, 'signUp'>;
  readonly limits: Limits;
  readonly key: Uint8Array;
  readonly publicUrl: string;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

const IP: Window = { points: 20, seconds: 900 };
/** Letters to one address; what is more is dropped without a word. */
const EMAIL: Window = { points: 3, seconds: 3600 };
const PLACE = { tenant: '', owner: 'core', name: 'sign-up' };
const Wanted = z.object({
  email: z.string(),
  name: z.string(),
  workspace: z.string(),
  hash: z.string(),
  until: z.number(),
});

export function createSignUp(deps: SignUpDeps): SignUp {
  const { post, users, onboarding, limits, publicUrl, now, onError } = deps;
  const sealer = createSealer([deps.key]);
  const running = new Set<Promise<unknown>>();
  const open = async (token: string): Promise<z.output<typeof Wanted> | undefined> => {
    try {
      const wanted = Wanted.parse(JSON.parse(await sealer.open(PLACE, token)));
      return wanted.until > now() && !(await users.find(wanted.email)) ? wanted : undefined;
    } catch {
      return undefined;
    }
  };
  const write = async (owner: NewOwner, languages: readonly string[]): Promise<void> => {
    const email = owner.email.trim().toLowerCase();
    if (!(await limits.take(`sign-up:email:${hashToken(email)}`, EMAIL)).allowed) return;
    const known = await users.find(email);
    if (known)
      return post.send({
        kind: 'sign-up-again',
        to: { address: known.email, name: known.name },
        languages,
        values: { name: known.name },
        link: `${publicUrl}/forgot-password`,
      });
    const { name, workspace, password } = owner;
    const wanted = { email, name, workspace, hash: await hashPassword(password), until: now() + EMAIL_MS };
    const token = await sealer.seal(PLACE, JSON.stringify(wanted));
    // Nobody has proven who they are: what they call themselves does not stand in it.
    return post.send({
      kind: 'sign-up',
      to: { address: email },
      languages,
      link: `${publicUrl}/sign-up/confirm?token=${token}`,
    });
  };

  return {
    async ask(owner, { ip, languages }) {
      await limits.ensure(`sign-up:ip:${ip}`, IP, 'sign-ups');
      checkOwner(owner);
      const task = write(owner, languages)
        .catch(onError)
        .finally(() => running.delete(task));
      running.add(task);
    },
    isOpen: async (token) => (await open(token)) !== undefined,
    async finish(token, witness) {
      const wanted = await open(token);
      if (!wanted) return undefined;
      const { email, name, workspace, hash } = wanted;
      try {
        return await onboarding.signUp({ email, name, workspace, password: '', hash, verified: true }, witness);
      } catch (error) {
        // Used twice at once.
        if (error instanceof Error && 'code' in error && error.code === 'identity.email_taken') return undefined;
        throw error;
      }
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
