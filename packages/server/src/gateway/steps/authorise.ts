import type { Step } from '../call.ts';
import { grantFor } from '../grant.ts';

/** Whether this app may call this API: its tenant is active, and it has a subscription. Open versions need none. */
export const authorise: Step = {
  name: 'authorise',
  refusals: ['tenant_suspended', 'subscription_required'],
  run(call, gate) {
    const { version, identity } = call;
    if (version === undefined) return 'subscription_required';
    if (identity !== undefined) {
      if (identity.app.tenant?.object?.state !== 'active') return 'tenant_suspended';
      const subscription = identity.app.subscriptions.get(version.object.api);
      if (subscription?.plan.object !== undefined) call.subscription = subscription;
    }
    if (call.subscription === undefined && version.object.access !== 'open') return 'subscription_required';
    call.grant = grantFor(version, call.subscription, gate.seed);
    return undefined;
  },
};
