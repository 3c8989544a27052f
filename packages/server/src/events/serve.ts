import { bind } from '../operations/handler.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { bindings } from './operations.ts';

export const serve = (ground: ServeGround): Served => ({ operations: bind(ground, bindings), offers: {} });
