import { idFromUuid, type Id, type Output, type Role } from '@tulou/contract';
import type { whoami } from '@tulou/contract/operations/whoami';
import { assert, must } from '../../kernel/assert.ts';
import type { SystemTx } from '../../store/store.ts';
import type { MemberPrincipal, PersonPrincipal } from '../../tenancy/principal.ts';
import type { Handler } from '../../operations/handler.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';

export const getWhoami: Handler<typeof whoami.get> = async (principal, _input, { store }) => {
  if (principal.kind === 'operator') return { kind: 'operator', id: principal.id };
  assert(
    principal.kind !== 'job' && principal.kind !== 'identity',
    'a call is made by an operator, a member or a person',
  );
  return store.system('a caller asks who they are', (tx) =>
    principal.kind === 'person' ? tellPerson(tx, principal) : tellMember(tx, principal),
  );
};

type Told = Output<typeof whoami.get>;

async function tellMember({ sql }: SystemTx, principal: MemberPrincipal): Promise<Told> {
  const { tenantUuid, member, role } = principal;
  const token = must(principal.token, 'who is a member where no tenant is in the path has a control token');
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
}

interface MembershipRow {
  readonly tenantUuid: string;
  readonly slug: string;
  readonly name: string;
  readonly member: Id<'member'>;
  readonly role: Role;
}

async function tellPerson({ sql }: SystemTx, { id }: PersonPrincipal): Promise<Told> {
  const [person] = await sql<{ email: string; name: string }[]>`
    select email, name from users where tenant_id = ${nilTenant} and id = ${id}`;
  const rows = await sql<MembershipRow[]>`
    select d.tenant_id as "tenantUuid", d.slug, d.name, m.id as member, m.role
    from members m join tenants d on d.tenant_id = m.tenant_id
    where m.user_id = ${id} and d.purged_at is null order by d.slug`;
  const { email, name } = must(person, 'the token of this call has a person');
  const tenants = rows.map(({ tenantUuid, ...one }) => ({ id: idFromUuid('tenant', tenantUuid), ...one }));
  return { kind: 'person', id, email, name, tenants };
}
