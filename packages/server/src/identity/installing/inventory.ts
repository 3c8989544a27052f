/** `/account/installations`: which apps a tenant has, for its admins. */
import type { Provider } from 'oidc-provider';
import { idFromUuid, type Output } from '@tulou/contract';
import { inventory as operations } from '@tulou/contract/operations/installations';
import { toSignIn, whoIs } from '../account/self.ts';
import type { PromptDeps } from '../interaction/asking.ts';
import { readAsked } from '../interaction/request.ts';
import { choosePage } from '../pages/install-views.ts';
import { inventoryPage, type InventoryItem } from '../pages/inventory-view.ts';
import { sendMissing, sendPage, type Visit } from '../pages/visit.ts';
import { chooseMembership, linkTo } from './choose.ts';
import { installPath } from './install.ts';
import { readApprovals } from './read.ts';

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
  const cursor = visit.query.get('cursor');
  const params = { tenant: idFromUuid('tenant', tenantUuid) };
  const query = { limit: itemsMax, ...(cursor === null ? {} : { cursor }) };
  const { items, next } = await deps.act(actor, operations.list, { params, query });
  const { asked, words } = await deps.store.system('an admin looks at the apps of the tenant', async (tx) => ({
    asked: await readApprovals(tx, tenantUuid),
    words: await readAsked(
      tx,
      items.flatMap(({ scopes }) => scopes),
      visit.locale,
    ),
  }));
  const titles = new Map(words.map(({ scope = '', title }) => [scope, title]));
  const linkOf = (app: string, scopes = ''): string =>
    linkTo(installPath, new URLSearchParams(), { app, tenant: slug, ...(scopes === '' ? {} : { scopes }) });
  const page = inventoryPage(visit.told, {
    tenantName: name,
    requests: asked.map(({ member, app, appName, scopes }) => ({
      member,
      app: appName,
      link: linkOf(app, scopes.join(' ')),
    })),
    items: items.map((item) => itemOf(visit, item, titles, linkOf)),
    more: next === null ? undefined : linkTo(inventoryPath, visit.query, { cursor: next, tenant: slug }),
  });
  sendPage(visit, 200, page);
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
