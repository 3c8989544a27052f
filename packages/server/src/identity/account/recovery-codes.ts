/** `/account/recovery-codes`: how many are left, and new ones. */
import { recoveryCodesPage, recoveryPage } from './factor-views.ts';
import { sendPage } from '../web/visit.ts';
import { hasSecondFactor, readFactors } from '../people/factors.ts';
import { newRecoveryCodes, replaceRecoveryCodes } from '../people/recovery.ts';
import { tellOfChange } from './notify.ts';
import { personOf } from '../self.ts';
import type { AccountStep } from './step.ts';
import { ofIssuer } from '../scopes.ts';

export const recoveryCodes: AccountStep = {
  async show(self, { store }) {
    const factors = await ofIssuer(store, self.visit.issuer, (tx) => readFactors(tx, personOf(self)));
    const given = { left: factors.recoveryCodes, needed: hasSecondFactor(factors) };
    sendPage(self.visit, 200, recoveryPage(self.visit, given));
  },

  async take(self, _form, deps) {
    const codes = newRecoveryCodes(deps.random);
    const now = new Date(deps.clock.now());
    await ofIssuer(deps.store, self.visit.issuer, async (tx) => {
      await replaceRecoveryCodes(tx, personOf(self), codes, now);
      await tellOfChange(tx, self, 'recoveryCodes', deps);
    });
    sendPage(self.visit, 200, recoveryCodesPage(self.visit, codes));
  },
};
