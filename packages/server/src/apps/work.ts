import type { WorkGround, Worked } from '../operations/plane.ts';
import { endInstallations } from './installations/crossing.ts';

export const work = (ground: WorkGround): Worked => ({
  jobs: [],
  purge: (tx, tenantUuid) => endInstallations(tx, tenantUuid, ground),
});
