/** `/account/recovery-codes`: how many are left, and new ones. */
import { recoveryCodesPage, recoveryPage } from '../pages/account-factor-views.ts';
import { sendPage } from '../pages/visit.ts';
import { hasSecondFactor, readFactors } from '../people/factors.ts';
import { newRecoveryCodes, replaceRecoveryCodes } from '../people/recovery.ts';
import { personOf } from './self.ts';
import type { AccountStep } from './step.ts';

export const recoveryCodes: AccountStep = {
  async show(self, { store }) {
    const factors = await store.system('a person looks at their account', (tx) => readFactors(tx, personOf(self)));
    const given = { left: factors.recoveryCodes, needed: hasSecondFactor(factors) };
    sendPage(self.visit, 200, recoveryPage(self.visit, given));
  },

  async take(self, _form, { store, clock, random }) {
    const codes = newRecoveryCodes(random);
    const now = new Date(clock.now());
    await store.system('a person makes recovery codes', (tx) => replaceRecoveryCodes(tx, personOf(self), codes, now));
    sendPage(self.visit, 200, recoveryCodesPage(self.visit, codes));
  },
};
