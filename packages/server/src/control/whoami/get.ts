import { idFromUuid } from '@tulou/contract';
import type { whoami } from '@tulou/contract/operations/whoami';
import { assert, must } from '../../kernel/assert.ts';
import type { Handler } from '../call/handler.ts';

export const getWhoami: Handler<typeof whoami.get> = async (principal, _input, { store }) => {
  if (principal.kind === 'operator') return { kind: 'operator', id: principal.id };
  assert(principal.kind === 'member', 'a call is made by an operator or a member');
  const { tenantUuid, member, token, role } = principal;
  return store.system('a caller asks who they are', async ({ sql }) => {
    const [row] = await sql<{ email: string; slug: string; name: string }[]>`
      select m.email, d.slug, d.name from members m join tenants d on d.tenant_id = m.tenant_id
      where m.tenant_id = ${tenantUuid} and m.id = ${member}`;
    const { email, slug, name } = must(row, 'the token of this call has a member');
    return {
      kind: 'member',
      id: member,
      email,
      role,
      token,
      tenant: { id: idFromUuid('tenant', tenantUuid), slug, name },
    };
  });
};
