import { bind } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { bindings } from './operations.ts';

export function serve(ground: ServeGround, _own: unknown, needs: Pick<Offers, 'mailMembers'>): Served {
  return { operations: bind({ ...ground, ...needs, fleetKey: ground.vault.derive('gateways') }, bindings), offers: {} };
}
