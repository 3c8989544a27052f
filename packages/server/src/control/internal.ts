/** THE TABLE of what the platform listener serves besides the control API: for gateways, and for everyone. */
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Params } from '../http/routes.ts';
import { authenticateNode, bearerOf } from './call/authenticate.ts';
import type { ControlDeps } from './call/handler.ts';
import type { SnapshotFeed } from './internal/feed.ts';
import { assertionKeys, registerGateway } from './internal/gateways.ts';
import { openIntake } from './internal/usage.ts';

export interface PlainRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: `/${string}`;
  /** `node`: only with a node token. */
  readonly access: 'node' | 'public';
  readonly handle: (request: HttpRequest, params: Params, deps: ControlDeps) => Promise<HttpAnswer>;
}

// prettier-ignore
export const plainRoutes = (feed: SnapshotFeed): readonly PlainRoute[] => [
  { method: 'GET', path: '/internal/v1/snapshot',                  access: 'node',   handle: feed.answer },
  { method: 'PUT', path: '/internal/v1/usage/{segment}',           access: 'node',   handle: openIntake() },
  { method: 'PUT', path: '/internal/v1/gateways/{gateway}',        access: 'node',   handle: registerGateway },
  { method: 'GET', path: '/.well-known/tulou/assertion-keys.json', access: 'public', handle: assertionKeys },
];

/** Answers a plain route, after its credential. */
export async function answerPlain(
  route: PlainRoute,
  request: HttpRequest,
  params: Params,
  given: ControlDeps,
): Promise<HttpAnswer> {
  const deps = { ...given, store: given.store.lane('feed') };
  if (route.access === 'node') {
    const token = bearerOf(request.header('authorization'));
    await deps.store.system('a node shows its token', (tx) => authenticateNode(tx, token, deps.clock.now()));
  }
  return route.handle(request, params, deps);
}
