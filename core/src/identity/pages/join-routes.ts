import type { Context } from 'hono';
import type { Audit, Witness } from '../../audit/index.ts';
import type { CoreRoute, HttpEnv } from '../../http/index.ts';
import type { Tenancy } from '../../tenancy/index.ts';
import type { Identity } from '../identity.ts';
import type { OpenInvitation } from '../joining.ts';
import type { Member } from '../members.ts';
import { codeOf, explain, missing, redirect, type FormRoutes } from './form-routes.ts';
import { joinClosedPage, joinNewPage, joinPage, joinSignInPage } from './join-pages.ts';

type C = Context<HttpEnv>;

/** The page behind an invitation's link: make an account, sign in, or just join. */
export function joinRoutes(
  identity: Identity,
  tenancy: Pick<Tenancy, 'get'>,
  audit: Pick<Audit, 'record'>,
  { get, post, enter }: FormRoutes,
): CoreRoute[] {
  const userOf = async (c: C) => {
    const who = await identity.authenticate(c.req.raw).catch(() => undefined);
    return who?.kind === 'session' ? who.user : undefined;
  };
  const witness =
    ({ id, tenant }: OpenInvitation['invitation']): Witness<Member> =>
    (tx, { userId, role }) =>
      audit.record(tx, {
        tenant,
        actor: { kind: 'user', id: userId },
        action: 'member.joined',
        target: `user:${userId}`,
        details: { role, invitation: id },
      });
  const show = async (c: C, token: string, { invitation, hasAccount }: OpenInvitation): Promise<Response> => {
    const { name } = await tenancy.get(invitation.tenant);
    const user = await userOf(c);
    if (!hasAccount) return joinNewPage(token, name, invitation.email);
    return user?.email === invitation.email
      ? joinPage(token, name, invitation.email)
      : joinSignInPage(token, name, invitation.email);
  };

  return [
    get('/join', async (c) => {
      const token = c.req.query('token') ?? '';
      const found = await identity.findInvitation(token);
      return found ? show(c, token, found) : joinClosedPage();
    }),
    post('/join', async (c, values) => {
      const { token = '', name = '', password = '' } = values;
      const found = await identity.findInvitation(token);
      if (!found) return joinClosedPage();
      const { email, tenant } = found.invitation;
      const user = await userOf(c);
      try {
        if (found.hasAccount) {
          if (user?.email !== email) return await show(c, token, found);
          await identity.joinAs(token, user.id, witness(found.invitation));
          return redirect('/');
        }
        const state = missing(values, ['name', 'password']);
        if (state) return await joinNewPage(token, (await tenancy.get(tenant)).name, email, state, 422);
        await identity.joinAsNew(token, { name: name.trim(), password }, witness(found.invitation));
      } catch (error) {
        if (codeOf(error) === 'identity.invitation_closed') return joinClosedPage();
        const [state, status] = explain(error, values);
        const workspace = (await tenancy.get(tenant)).name;
        return found.hasAccount
          ? joinPage(token, workspace, email, state, status)
          : joinNewPage(token, workspace, email, state, status);
      }
      return enter(c, { email, password }, '/');
    }),
  ];
}
