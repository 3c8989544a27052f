import { limits, Problem } from '@tulou/contract';
import type { users } from '@tulou/contract/operations/users';
import { newId } from '../../../kernel/random.ts';
import type { Handler } from '../../../operations/handler.ts';
import { findIssuer, refOf } from '../issuers/issuer.ts';
import { holdQuota } from '../../../operations/quota.ts';
import { sendMail } from '../../mail/send.ts';
import { welcomeMail } from './mail.ts';
import { userColumns, viewUser, type UserRow } from './user.ts';
import type { IdentityDeps } from '../../deps.ts';

/** A user without a password can't sign in: the mail says where the person gets one, by proving that the address is theirs. */
export const createUser: Handler<typeof users.create, IdentityDeps> = (_scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const { sql, tenantUuid } = tx;
    const issuer = await findIssuer(tx);
    if (issuer === undefined) throw new Problem('state_conflict', { detail: 'The tenant has no issuer of its own.' });
    const counted = sql`select 1 from users where tenant_id = ${tenantUuid}`;
    await holdQuota(tx, counted, limits.usersPerIssuerMax, 'users of this issuer');
    const now = new Date(deps.clock.now());
    const [row] = await sql<UserRow[]>`
      insert into users (tenant_id, id, email, name, locale, created_at, updated_at)
      values (${tenantUuid}, ${newId('user', deps.clock, deps.random)}, ${body.email}, ${body.name}, 'en', ${now}, ${now})
      on conflict (tenant_id, email) where connection is null do nothing returning ${userColumns(tx)}`;
    if (row === undefined) throw new Problem('conflict', { detail: 'This issuer has a user of this address.' });
    const mail = welcomeMail(issuer.name, new URL('/account/reset', refOf(issuer, deps).issuer).href);
    await sendMail(tx, { recipient: body.email, ...mail }, deps);
    const after = viewUser(row);
    return { output: after, target: after.id, before: null, after };
  });
