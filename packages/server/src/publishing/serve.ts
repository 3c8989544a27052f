import { openReader } from './openapi/reader.ts';
import { bind } from '../operations/handler.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { showProvider } from './catalog/refresh.ts';
import { bindings } from './operations.ts';

export function serve(ground: ServeGround): Served<'showProvider'> {
  return { operations: bind({ ...ground, openapi: openReader(ground.clock) }, bindings), offers: { showProvider } };
}
