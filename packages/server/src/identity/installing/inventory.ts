/** `/account/installations`: which apps a tenant has, for its admins. */
import type { Provider } from 'oidc-provider';
import { idFromUuid, type Output } from '@tulou/contract';
import { inventory as operations } from '@tulou/contract/operations/installations';
import { tenants } from '@tulou/contract/operations/tenants';
import { toSignIn, whoIs } from '../self.ts';
import type { Actor } from '../../operations/acting.ts';
import type { PromptDeps } from '../asking.ts';
import { readAsked } from '../requests/request.ts';
import { choosePage } from './install-views.ts';
import { inventoryPage, type InventoryItem } from './inventory-view.ts';
import { readForm, refuseForm, sendMissing, sendOn, sendPage, type Visit } from '../web/visit.ts';
import { chooseMembership, linkTo } from './choose.ts';
import { installPath } from './install.ts';
import { readApprovals, type Membership } from './read.ts';
import { withinTenant } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import { asPlatform } from '../system-wide.ts';

export const inventoryPath = '/account/installations';
const itemsMax = 50;

type Item = Output<typeof operations.list>['items'][number];

export async function inventory(visit: Visit, provider: Provider, deps: PromptDeps): Promise<void> {
  const self = await whoIs(visit, provider, deps);
  if (self === undefined) return toSignIn(visit, deps);
  const membership = await chooseMembership(visit, self.user.id, deps);
  if (Array.isArray(membership)) return sendPage(visit, 200, choosePage(visit.told, membership));
  const { tenantUuid, slug, name, role } = membership;
  if (role !== 'admin' && role !== 'owner') return sendMissing(visit);
  const actor = { user: self.user.id, address: visit.address, requestId: visit.requestId };
  if (visit.message.method === 'POST') return takeChoice(visit, actor, membership, deps);
  const cursor = visit.query.get('cursor');
  const params = { tenant: idFromUuid('tenant', tenantUuid) };
  const query = { limit: itemsMax, ...(cursor === null ? {} : { cursor }) };
  const { items, next } = await deps.act(actor, operations.list, { params, query });
  const { asked, words } = await asPlatform(deps.store, 'rights', async (tx) => ({
    asked: await withinTenant(tx, fromIdentity('member', tenantUuid), (own) => readApprovals(own)),
    words: await readAsked(
      tx,
      items.flatMap(({ scopes }) => scopes),
      visit.locale,
    ),
  }));
  const titles = new Map(words.map(({ scope = '', title }) => [scope, title]));
  const linkOf = (app: string, scopes = ''): string =>
    linkTo(installPath, new URLSearchParams(), { app, tenant: slug, ...(scopes === '' ? {} : { scopes }) });
  const page = inventoryPage(visit, {
    tenantName: name,
    requests: asked.map(({ member, app, appName, scopes }) => ({
      member,
      app: appName,
      link: linkOf(app, scopes.join(' ')),
    })),
    items: items.map((item) => itemOf(visit, item, titles, linkOf)),
    more: next === null ? undefined : linkTo(inventoryPath, visit.query, { cursor: next, tenant: slug }),
    mayTry: role === 'owner' ? membership.mayTry : undefined,
    isKept: visit.query.has('kept'),
  });
  sendPage(visit, 200, page);
}

/** Whether members may try apps is the owners' to say: an operation of the control API says no to others. */
async function takeChoice(
  visit: Visit,
  actor: Actor,
  { tenantUuid, slug }: Membership,
  { act }: PromptDeps,
): Promise<void> {
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const params = { tenant: idFromUuid('tenant', tenantUuid) };
  await act(actor, tenants.update, { params, body: { members_may_try: form.has('members-may-try') } });
  sendOn(visit, linkTo(inventoryPath, new URLSearchParams(), { tenant: slug, kept: '' }));
}

function itemOf(
  { locale }: Visit,
  item: Item,
  titles: ReadonlyMap<string, string>,
  linkOf: (app: string) => string,
): InventoryItem {
  const day = (text: string): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(text));
  return {
    appName: item.app_name,
    scopes: item.scopes.map((scope) => titles.get(scope) ?? scope),
    state: item.state,
    appState: item.app_state,
    grantedBy: item.granted_by_email ?? (item.granted_by.startsWith('operator:') ? item.granted_by : undefined),
    grantedOn: day(item.created_at),
    calls: new Intl.NumberFormat(locale).format(item.calls),
    lastCall: item.last_call_at === null ? undefined : day(item.last_call_at),
    link: item.app_state === 'deleted' ? undefined : linkOf(item.app),
  };
}
