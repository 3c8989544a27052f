import type { WorkGround, Worked } from '../operations/plane.ts';
import { endSubscriptions } from './subscriptions/end.ts';

export const work = (ground: WorkGround): Worked => ({
  jobs: [],
  purge: (tx, tenantUuid) => endSubscriptions(tx, tenantUuid, ground.clock),
});
