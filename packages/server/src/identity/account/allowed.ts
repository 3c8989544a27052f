/** `/account/allowed`: the apps that may act for one, and an end to it. */
import { readAsked } from '../requests/request.ts';
import type { PromptDeps } from '../asking.ts';
import { allowedPage, moment, type ShownApp } from './account-views.ts';
import { sendPage } from '../web/visit.ts';
import { listAllowed, takeBack } from './apps.ts';
import { personOf, type Self } from '../self.ts';
import type { AccountStep } from './step.ts';
import { asPlatform } from '../system-wide.ts';

export const allowed: AccountStep = {
  show: (self, deps) => say(self, deps),

  async take(self, form, deps) {
    const { visit, user } = self;
    const actor = { user: user.id, address: visit.address, requestId: visit.requestId };
    const isDone = await takeBack(personOf(self), form.get('client') ?? '', actor, deps);
    return say(self, deps, isDone ? visit.told.account.apps.revoked : undefined);
  },
};

async function say(self: Self, deps: PromptDeps, done?: string): Promise<void> {
  const { visit } = self;
  const apps = await asPlatform(deps.store, 'rights', async (tx) => {
    const found = await listAllowed(tx, personOf(self), deps);
    const asked = await readAsked(tx, [...new Set(found.flatMap(({ scopes }) => scopes))], visit.locale);
    const titles = new Map(asked.map(({ scope, title }) => [scope, title]));
    return found.map((one): ShownApp => {
      const rights = one.scopes.map((scope) => ownTitle(scope, self) ?? titles.get(scope) ?? scope);
      return { ...one, since: moment(one.since, visit.locale), rights };
    });
  });
  sendPage(visit, 200, allowedPage(visit, { apps, done }));
}

/** The title of a scope that no provider defines. */
const ownTitle = (scope: string, { visit }: Self): string | undefined =>
  Object.entries(visit.told.oidc).find(([name]) => name === scope)?.[1];
