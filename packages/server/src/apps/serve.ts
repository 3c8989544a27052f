import { bind } from '../operations/handler.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { bindings } from './operations.ts';

export function serve(ground: ServeGround): Served {
  return { operations: bind({ ...ground, fleetKey: ground.vault.derive('gateways') }, bindings), offers: {} };
}
