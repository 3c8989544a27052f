import { bind } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { openIntake } from './intake.ts';
import { bindings } from './operations.ts';

export const serve = (ground: ServeGround, _own: unknown, needs: Pick<Offers, 'gatewaySeen'>): Served => ({
  operations: bind(ground, bindings),
  routes: [
    {
      method: 'PUT',
      path: '/internal/v1/usage/{segment}',
      access: 'node',
      handle: openIntake({ ...ground, ...needs, store: ground.store.lane('feed') }),
    },
  ],
  offers: {},
});
