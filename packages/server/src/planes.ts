/** THE LIST of planes. A plane is added by its folder and its line here. */
import { apps } from './apps/plane.ts';
import { events } from './events/plane.ts';
import { fleet } from './fleet/plane.ts';
import { hosting } from './hosting/plane.ts';
import { identity } from './identity/plane.ts';
import type { Plane } from './operations/plane.ts';
import { publishing } from './publishing/plane.ts';
import { tenants } from './tenants/plane.ts';
import { usage } from './usage/plane.ts';

export const planes: readonly Plane[] = [tenants, publishing, apps, identity, usage, events, fleet, hosting];
