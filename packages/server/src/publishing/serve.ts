import { openReader } from './openapi/reader.ts';
import { bind } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { showProvider } from './catalog/refresh.ts';
import { openProbe } from './upstreams/probe.ts';
import { bindings } from './operations.ts';

export function serve(ground: ServeGround, _own: unknown, needs: Pick<Offers, 'mailMembers'>): Served<'showProvider'> {
  const { clock, upstreamAllow } = ground;
  const deps = { ...ground, ...needs, openapi: openReader(clock), probe: openProbe({ allow: upstreamAllow }, clock) };
  return { operations: bind(deps, bindings), offers: { showProvider } };
}
