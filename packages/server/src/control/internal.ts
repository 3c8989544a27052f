/** THE TABLE of what the platform listener serves besides the control API: for gateways, and for everyone. */
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Params } from '../http/routes.ts';
import { authenticateNode, bearerOf } from './call/authenticate.ts';
import type { ControlDeps } from './call/handler.ts';

export interface PlainRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: `/${string}`;
  /** `node`: only with a node token. */
  readonly access: 'node' | 'public';
  readonly handle: (request: HttpRequest, params: Params, deps: ControlDeps) => Promise<HttpAnswer>;
}

export const plainRoutes: readonly PlainRoute[] = [];

/** Answers a plain route, after its credential. */
export async function answerPlain(
  route: PlainRoute,
  request: HttpRequest,
  params: Params,
  deps: ControlDeps,
): Promise<HttpAnswer> {
  if (route.access === 'node') {
    const token = bearerOf(request.header('authorization'));
    await deps.store.system('a node shows its token', (tx) => authenticateNode(tx, token));
  }
  return route.handle(request, params, deps);
}
