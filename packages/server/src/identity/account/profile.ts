/** `/account`: who one is, and where everything else is. */
import { isPlainLine } from '@tulou/contract';
import { profilePage } from './account-views.ts';
import { sendPage } from '../web/visit.ts';
import { readMemberships } from '../installing/read.ts';
import type { PromptDeps } from '../asking.ts';
import { readFactors } from '../people/factors.ts';
import { setProfile, type Locale } from '../people/users.ts';
import { personOf, type Self } from '../self.ts';
import type { AccountStep, Saying } from './step.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { ofIssuer } from '../scopes.ts';
import { asPlatform } from '../system-wide.ts';

const nameCharactersMax = 100;

export const profile: AccountStep = {
  show: (self, deps) => say(self, deps, 200, self.user.name, {}),

  async take(self, form, deps) {
    const { visit, user } = self;
    const told = visit.told.account;
    const name = (form.get('name') ?? '').trim().slice(0, nameCharactersMax);
    const locale: Locale = form.get('language') === 'zh-CN' ? 'zh-CN' : 'en';
    if (name === '') return say(self, deps, 422, name, { wrong: { name: told.nameMissing } });
    if (!isPlainLine(name)) return say(self, deps, 422, name, { wrong: { name: visit.told.invitation.nameOdd } });
    const now = new Date(deps.clock.now());
    await ofIssuer(deps.store, visit.issuer, (tx) => setProfile(tx, visit.issuer, user.id, { name, locale }, now));
    return say({ ...self, user: { ...user, name, locale } }, deps, 200, name, { done: told.saved });
  },
};

async function say(self: Self, deps: PromptDeps, status: number, name: string, { wrong, done }: Saying): Promise<void> {
  const { visit, user } = self;
  const factors = await ofIssuer(deps.store, visit.issuer, (tx) => readFactors(tx, personOf(self)));
  const isMember = visit.issuer.tenantUuid === nilTenant;
  const tenants = isMember ? await asPlatform(deps.store, 'memberships', (tx) => readMemberships(tx, user.id)) : [];
  const isAdmin = tenants.some(({ role }) => role === 'admin' || role === 'owner');
  const frame = { ...visit, wrong: wrong ?? {} };
  sendPage(visit, status, profilePage(frame, { user, name, language: user.locale, factors, isAdmin, done }));
}
