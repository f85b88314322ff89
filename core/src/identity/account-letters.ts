import { ROLE_TITLES } from '../access/index.ts';
import type { Limits, Window } from '../limits/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import type { AddressTokens } from './account-token.ts';
import type { Auth } from './auth.ts';
import type { Devices } from './devices.ts';
import { IdentityError } from './errors.ts';
import type { Invitation } from './invitations.ts';
import type { Post } from './letter.ts';
import { weakness } from './password-quality.ts';
import { hashToken } from './token.ts';
import { checkEmail, normalizeEmail, type User } from './users.ts';

/** Where a request comes from, as far as letters tell of it. */
export interface Visit {
  readonly ip: string;
  readonly userAgent?: string | undefined;
  readonly cookies: string | null;
  readonly languages: readonly string[];
}

type Addressee = Pick<User, 'id' | 'email' | 'name'>;

/** Letters about accounts, and what their links do. */
export interface AccountLetters {
  /** Whether letters reach anybody; without, nobody is asked to wait for one. */
  readonly open: boolean;
  /**
   * Somebody forgot their password. Answers the same and as fast whoever asks: whether there is an account is found out
   * afterwards. @throws `limits.exceeded` for an address of the network that asks too often.
   */
  forgot(email: string, visit: Pick<Visit, 'ip' | 'languages'>): Promise<void>;
  /** Sets the new password, once, and ends every session. @throws IdentityError */
  reset(token: string, password: string, ip: string): Promise<void>;
  /** Asks somebody to confirm their address. */
  askToConfirm(user: Addressee, languages?: readonly string[]): Promise<void>;
  /** Sends that letter once more, unless the address is confirmed already. @throws `limits.exceeded` for one who asks too often. */
  askAgain(user: Addressee, languages?: readonly string[]): Promise<void>;
  canConfirm(token: string): Promise<boolean>;
  /** Returns whose address it was; undefined when the link opens nothing. */
  confirm(token: string): Promise<string | undefined>;
  invited(invitation: Invitation, token: string): Promise<void>;
  passwordChanged(user: Addressee, languages?: readonly string[]): Promise<void>;
  /** Tells somebody of a sign-in with a browser that is new to their account. Returns a cookie for it to keep. */
  signedIn(user: Addressee, visit: Visit): Promise<string | undefined>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export interface AccountLettersDeps {
  readonly post: Post;
  readonly auth: () => Auth;
  readonly tokens: AddressTokens;
  readonly devices: Devices;
  readonly limits: Limits;
  readonly tenancy: Pick<Tenancy, 'get' | 'settings'>;
  readonly isConfirmed: (user: string) => Promise<boolean>;
  readonly publicUrl: string;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

const WINDOWS = {
  /** Requests from one address of the network. */
  ip: { points: 20, seconds: 900 },
  /** Letters to one address; what is more is dropped without a word. */
  email: { points: 3, seconds: 3600 },
  reset: { points: 20, seconds: 900 },
  confirm: { points: 3, seconds: 3600 },
} as const satisfies Record<string, Window>;

export function createAccountLetters(deps: AccountLettersDeps): AccountLetters {
  const { post, auth, tokens, devices, limits, tenancy, publicUrl, now, onError } = deps;
  const running = new Set<Promise<unknown>>();
  /** A letter that cannot be kept must not undo what it tells of. */
  const aside = (work: () => Promise<unknown>): void => {
    const task = work()
      .catch(onError)
      .finally(() => running.delete(task));
    running.add(task);
  };
  const ask = (path: string, body: object, ip: string, languages: readonly string[] = []): Promise<Response> =>
    auth().handle(
      new Request(`${publicUrl}/api/auth${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          origin: new URL(publicUrl).origin,
          ...(languages.length > 0 && { 'accept-language': languages.join(',') }),
        },
        body: JSON.stringify(body),
      }),
      ip,
    );
  const when = (): string => `${new Date(now()).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const addressOf = ({ email, name }: Addressee) => ({ address: email, name });

  const askToConfirm: AccountLetters['askToConfirm'] = async (user, languages = []) => {
    if (!post.open) return;
    const link = `${publicUrl}/verify-email?token=${await tokens.issue(user.id, user.email)}`;
    const letter = {
      kind: 'verify-email',
      to: addressOf(user),
      languages,
      values: { name: user.name },
      link,
    } as const;
    await post.send(letter).catch(onError);
  };

  return {
    get open() {
      return post.open;
    },
    async forgot(email, { ip, languages }) {
      await limits.ensure(`forgot:ip:${ip}`, WINDOWS.ip, 'requests for a new password');
      const address = normalizeEmail(email);
      aside(async () => {
        if (!post.open) return;
        const { allowed } = await limits.take(`forgot:email:${hashToken(address)}`, WINDOWS.email);
        if (allowed) await ask('/request-password-reset', { email: checkEmail(address) }, ip, languages);
      });
    },
    async reset(token, password, ip) {
      await limits.ensure(`reset:ip:${ip}`, WINDOWS.reset, 'attempts to set a new password');
      const weak = weakness(password);
      if (weak) throw IdentityError.badPassword(weak);
      const response = await ask('/reset-password', { token, newPassword: password }, ip);
      if (!response.ok) throw IdentityError.resetClosed();
    },
    askToConfirm,
    async askAgain(user, languages) {
      await limits.ensure(`confirm:${user.id}`, WINDOWS.confirm, 'letters to confirm the address');
      if (!(await deps.isConfirmed(user.id))) await askToConfirm(user, languages);
    },
    canConfirm: (token) => tokens.isOpen(token),
    confirm: (token) => tokens.use(token),
    async invited({ tenant, email, role }, token) {
      if (!post.open) return;
      const [{ name }, { value }] = await Promise.all([tenancy.get(tenant), tenancy.settings.get(tenant)]);
      const letter = {
        kind: 'invitation' as const,
        to: { address: email },
        languages: [value.locale],
        values: { workspace: name, role: ROLE_TITLES[role].split(':')[0] ?? role },
        link: `${publicUrl}/join?token=${token}`,
      };
      await post.send(letter).catch(onError);
    },
    async passwordChanged(user, languages = []) {
      const values = { name: user.name, when: when() };
      const link = `${publicUrl}/forgot-password`;
      await post.send({ kind: 'password-changed', to: addressOf(user), languages, values, link }).catch(onError);
    },
    async signedIn(user, { ip, userAgent = '', cookies, languages }) {
      try {
        const { isNew, cookie } = await devices.note(user.id, cookies);
        if (isNew)
          await post.send({
            kind: 'new-device',
            to: addressOf(user),
            languages,
            values: { name: user.name, when: when(), ip, device: deviceName(userAgent) },
            link: `${publicUrl}/forgot-password`,
            // A program that keeps no cookies is told of once a day.
            key: `new-device:${user.id}:${hashToken(`${ip} ${userAgent}`)}:${when().slice(0, 10)}`,
          });
        return cookie;
      } catch (error) {
        onError(error);
        return undefined;
      }
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** In words, of the fixed ones above: what a browser says of itself is anybody's text. */
export function deviceName(userAgent: string): string {
  const browser = BROWSERS.find(([mark]) => userAgent.includes(mark))?.[1];
  const system = SYSTEMS.find(([mark]) => userAgent.includes(mark))?.[1];
  return [browser, system].filter(Boolean).join(', ') || '?';
}

/** The languages that a browser asks for, most wanted first. */
export const languagesOf = (header: string | null | undefined): string[] =>
  (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((one) => one.split(';')[0]?.trim() ?? '')
    .filter((tag) => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/i.test(tag))
    .slice(0, 5);
