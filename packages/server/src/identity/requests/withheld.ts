/** The scopes that an app asks for at sign-in and that the person can't agree to alone. */
import { Problem, uuidFromId } from '@tulou/contract';
import { approvals } from '@tulou/contract/operations/approvals';
import { withinTenant, type SystemTx, type TenantTx } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import type { Act, Actor } from '../../operations/acting.ts';
import type { Audit } from '../acting.ts';
import { readClient } from '../clients/find.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { readRights } from '../tokens/rights.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';

/** In one tenant, of one app. */
export interface Withheld {
  /** `ten_…` */
  readonly tenant: string;
  /** `<tenant>/<app>` */
  readonly app: string;
  /** Full names: asked for and declared, but neither granted nor the person's to use. */
  readonly scopes: readonly string[];
  /** The person is the admin whom one would ask. */
  readonly isAdmin: boolean;
}

export interface Request {
  readonly issuer: IssuerRef;
  readonly clientId: string;
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
}

/** Undefined: there is nothing; or the person is no member, whom an admin could allow more. */
export async function readWithheld(
  tx: SystemTx,
  { issuer, clientId, resources, scopes }: Request,
  user: string,
): Promise<Withheld | undefined> {
  const client = issuer.tenantUuid === nilTenant ? await readClient(tx, clientId) : undefined;
  if (client === undefined) return undefined;
  for (const resource of resources) {
    const rights = await readRights(tx, issuer, clientId, resource, user);
    const rest = scopes.filter((scope) => client.appScopes.includes(scope) && rights?.scopes.includes(scope) === false);
    const tenant = rights?.audience.split(':').at(-1);
    if (rest.length === 0 || tenant === undefined) continue;
    const app = await readAddress(tx, client.tenantUuid, client.appId);
    const scope = fromIdentity('resource', uuidFromId('tenant', tenant) ?? '');
    const { role } = (await withinTenant(tx, scope, (own) => readMember(own, user))) ?? {};
    return { tenant, app, scopes: rest, isAdmin: role === 'admin' || role === 'owner' };
  }
  return undefined;
}

async function readMember(
  { sql, tenantUuid }: TenantTx,
  user: string,
): Promise<{ readonly id: string; readonly role: string } | undefined> {
  const [row] = await sql<{ id: string; role: string }[]>`
    select id, role from members where tenant_id = ${tenantUuid} and user_id = ${user}`;
  return row;
}

/** `<tenant>/<app>` of an app that is there. */
export function readAddress(tx: SystemTx, developer: string, appId: string): Promise<string> {
  return withinTenant(tx, fromIdentity('client', developer), async ({ sql }) => {
    const [row] = await sql<{ address: string }[]>`
      select t.slug || '/' || a.slug as address from apps a join tenants t on t.tenant_id = a.tenant_id
      where a.tenant_id = ${developer} and a.id = ${appId}`;
    return row?.address ?? '';
  });
}

/** Leaves it for an admin to find. One who was asked already is not asked twice. */
export async function askAdmin(
  act: Act,
  actor: Actor,
  { tenant, app, scopes }: Omit<Withheld, 'isAdmin'>,
): Promise<void> {
  try {
    await act(actor, approvals.create, { params: { tenant }, body: { app, scopes: [...scopes] } });
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'conflict')) throw error;
  }
}

interface Agreement {
  readonly issuer: IssuerRef;
  readonly clientId: string;
  readonly resource: string;
  readonly scopes: readonly string[];
}

/**
 * Writes into the tenant's audit trail that a member lets an app act for them, or no longer does. Actions of a tenant's end
 * users do not belong in its audit trail.
 */
export async function recordAgreement(
  tx: SystemTx,
  verb: 'create' | 'delete',
  { issuer, clientId, resource, scopes }: Agreement,
  { user, address, requestId }: Actor,
  audit: Audit,
): Promise<void> {
  if (issuer.tenantUuid !== nilTenant) return;
  const client = await readClient(tx, clientId);
  const rights = await readRights(tx, issuer, clientId, resource, user);
  const tenantUuid = uuidFromId('tenant', rights?.audience.split(':').at(-1) ?? '');
  if (client === undefined || rights === undefined || tenantUuid === undefined) return;
  const agreed = { app: client.appId, client: clientId, scopes };
  await withinTenant(tx, fromIdentity('resource', tenantUuid), async (own) =>
    audit(own, tenantUuid, {
      actor: (await readMember(own, user))?.id ?? user,
      operation: `consents.${verb}`,
      target: rights.installation,
      before: verb === 'create' ? null : agreed,
      after: verb === 'create' ? agreed : null,
      address,
      requestId,
    }),
  );
}
