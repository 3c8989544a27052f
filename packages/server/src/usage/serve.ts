import { bind } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { openCallIntake } from './calls/intake.ts';
import { watchCalls } from './calls/watch.ts';
import { openIntake } from './intake.ts';
import { bindings } from './operations.ts';

export function serve(ground: ServeGround, _own: unknown, needs: Pick<Offers, 'gatewaySeen'>): Served {
  const callWatch = watchCalls(ground);
  return {
    operations: bind({ ...ground, callWatch }, bindings),
    // oxfmt-ignore
    routes: [
      { method: 'PUT', path: '/internal/v1/usage/{segment}', access: 'node', handle: openIntake({ ...ground, ...needs }) },
      { method: 'PUT', path: '/internal/v1/calls/{batch}',   access: 'node', handle: openCallIntake(ground) },
    ],
    offers: {},
    stop: () => callWatch.close(),
  };
}
