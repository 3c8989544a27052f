/** The request of an app in words: for what, by which person and for which tenant. */
import { uuidFromId } from '@tulou/contract';
import { withinTenant, type SystemTx } from '../../store/store.ts';
import { fromIdentity, type NamedBy } from '../../tenancy/doors.ts';
import { readClient } from '../clients/find.ts';
import { findFirstParty } from '../clients/first-party.ts';
import type { IssuerRef } from '../keys/keys.ts';
import type { Asked } from '../web/views.ts';
import type { Words } from '../web/words.ts';
import type { Locale } from '../people/users.ts';
import { controlScope } from '../tokens/control.ts';
import { readRights } from '../tokens/rights.ts';

/** The parameters of an authorization request, as oidc-provider has validated them. */
export interface Parameters {
  /** Where it was made. */
  readonly issuer: IssuerRef;
  readonly clientId: string;
  readonly resources: readonly string[];
  readonly redirectUri: string | undefined;
}

export function parametersOf(issuer: IssuerRef, params: Readonly<Record<string, unknown>>): Parameters {
  const { client_id: clientId, resource, redirect_uri: redirectUri } = params;
  const resources = Array.isArray(resource) ? resource.map(String) : typeof resource === 'string' ? [resource] : [];
  return {
    issuer,
    clientId: String(clientId),
    resources,
    redirectUri: typeof redirectUri === 'string' ? redirectUri : undefined,
  };
}

export interface Asker {
  readonly app: string;
  readonly developer: string;
}

/** Undefined: the client is no longer in use. */
export async function readAsker(tx: SystemTx, { clientId }: Parameters): Promise<Asker | undefined> {
  const own = findFirstParty(clientId);
  if (own !== undefined) return { app: own.name, developer: 'Tulou' };
  const client = await readClient(tx, clientId);
  if (client === undefined) return undefined;
  return { app: client.appName, developer: await tenantName(tx, 'client', client.tenantUuid) };
}

/** Whether the person may act in each tenant that is asked for. */
export async function isMember(
  tx: SystemTx,
  { issuer, clientId, resources }: Parameters,
  user: string,
): Promise<boolean> {
  // A client of the platform asks for no tenant, but for all that the person may do.
  if (findFirstParty(clientId) !== undefined) return true;
  for (const resource of resources) {
    if ((await readRights(tx, issuer, clientId, resource, user)) === undefined) return false;
  }
  return true;
}

/** Names of the tenants that are asked for; undefined if there is none. */
export async function readTenants(
  tx: SystemTx,
  { issuer, clientId, resources }: Parameters,
): Promise<string | undefined> {
  const names: string[] = [];
  for (const resource of resources) {
    const rights = await readRights(tx, issuer, clientId, resource, undefined);
    const uuid = uuidFromId('tenant', rights?.audience.split(':').at(-1) ?? '');
    if (uuid !== undefined) names.push(await tenantName(tx, 'resource', uuid));
  }
  return names.length === 0 ? undefined : names.join(', ');
}

function tenantName(tx: SystemTx, by: NamedBy, tenantUuid: string): Promise<string> {
  return withinTenant(tx, fromIdentity(by, tenantUuid), async ({ sql }) => {
    const [row] = await sql<{ name: string }[]>`select name from tenants where tenant_id = ${tenantUuid}`;
    return row?.name ?? '';
  });
}

interface ScopeRow {
  readonly tenantUuid: string;
  readonly local: string;
  readonly risk: NonNullable<Asked['risk']>;
  readonly title: Told;
  readonly description: Told;
}
type Told = Readonly<Partial<Record<'en' | 'zh', string>>>;

const riskOrder = { high: 0, medium: 1, low: 2 } as const;

/** Full scope names with their providers' titles, the most dangerous first. A scope without a title is shown by its name. */
export async function readAsked(
  { sql }: SystemTx,
  scopes: readonly string[],
  locale: Locale,
): Promise<readonly Asked[]> {
  const parts = [...new Set(scopes)]
    .filter((scope) => scope.includes('/'))
    .map((scope) => ({ scope, at: scope.indexOf('/') }));
  const slugs = [...new Set(parts.map(({ scope, at }) => scope.slice(0, at)))];
  const locals = parts.map(({ scope, at }) => scope.slice(at + 1));
  const tenants = await sql<{ tenantUuid: string; slug: string }[]>`
    select tenant_id as "tenantUuid", slug from tenants where slug = any(${slugs})`;
  const rows = await sql<ScopeRow[]>`
    select s.tenant_id as "tenantUuid", a.slug || ':' || s.name as local, s.risk, s.title, s.description
    from scopes s join apis a on a.tenant_id = s.tenant_id and a.id = s.api_id
    where s.tenant_id = any(${tenants.map(({ tenantUuid }) => tenantUuid)}) and a.slug || ':' || s.name = any(${locals})`;
  const slugOf = new Map(tenants.map(({ tenantUuid, slug }) => [tenantUuid, slug]));
  const found = new Map(rows.map((row) => [`${slugOf.get(row.tenantUuid) ?? ''}/${row.local}`, row]));
  const language = locale === 'en' ? 'en' : 'zh';
  const told = parts.map(({ scope }): Asked => {
    const row = found.get(scope);
    if (row === undefined) return { scope, title: scope, description: '' };
    const say = (text: Told): string => text[language] ?? text.en ?? '';
    return { scope, title: say(row.title) || scope, description: say(row.description), risk: row.risk };
  });
  return told.toSorted((a, b) => riskOrder[a.risk ?? 'high'] - riskOrder[b.risk ?? 'high']);
}

/** The scopes of OpenID Connect and of the control API. */
export function askedOfPlatform(scopes: readonly string[], told: Words): readonly Asked[] {
  const known = Object.entries(told.oidc).filter(([name]) => scopes.includes(name));
  return known.map(([name, title]) => ({ title, description: '', ...(name === controlScope ? { risk: 'high' } : {}) }));
}

/** Where the browser goes in the end, for people and for `form-action` (CSP has no form for IPv6 literals). */
export function destinationOf(redirectUri: string | undefined): {
  readonly host: string | undefined;
  readonly formTo: string;
} {
  const url = redirectUri === undefined ? null : URL.parse(redirectUri);
  if (url === null) return { host: undefined, formTo: '' };
  const isPlain = url.origin !== 'null' && !url.host.startsWith('[');
  return { host: url.host === '' ? url.protocol : url.host, formTo: ` ${isPlain ? url.origin : url.protocol}` };
}
