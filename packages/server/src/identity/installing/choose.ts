/** Which of their tenants a person means at a page. */
import { idFromUuid } from '@tulou/contract';
import type { PromptDeps } from '../asking.ts';
import type { Choice } from './install-views.ts';
import type { Visit } from '../web/visit.ts';
import { readMemberships, type Membership } from './read.ts';
import { asPlatform } from '../system-wide.ts';

/** The one that `tenant` names in the address, or the only one; else those that there are to choose from. */
export async function chooseMembership(
  { query, path }: Visit,
  user: string,
  { store }: PromptDeps,
): Promise<Membership | Choice[]> {
  const all = await asPlatform(store, 'memberships', (tx) => readMemberships(tx, user));
  const [only, another] = all;
  const named = query.get('tenant');
  const meant =
    named === null && another === undefined
      ? only
      : all.find(({ slug, tenantUuid }) => slug === named || idFromUuid('tenant', tenantUuid) === named);
  return meant ?? all.map(({ slug, name }) => ({ name, link: linkTo(path, query, { tenant: slug }) }));
}

/** The same page with other parameters. */
export function linkTo(path: string, query: URLSearchParams, set: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(set)) parameters.set(name, value);
  return `${path}?${parameters.toString()}`;
}
