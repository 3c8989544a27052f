/** Routes of the platform listener that are no operations: for gateways, and for everyone. */
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Params } from '../http/routes.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Store } from '../store/store.ts';
import { authenticateNode, bearerOf } from './authenticate.ts';

export interface PlainRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: `/${string}`;
  /** `node`: only with a node token. */
  readonly access: 'node' | 'public';
  readonly handle: (request: HttpRequest, params: Params) => Promise<HttpAnswer>;
}

/** Answers a plain route, after its credential. */
export async function answerPlain(
  route: PlainRoute,
  request: HttpRequest,
  params: Params,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<HttpAnswer> {
  if (route.access === 'node') await authenticatePlain(request, { store, clock });
  return route.handle(request, params);
}

/** Throws `unauthenticated` where the request has no good node token. */
export async function authenticatePlain(
  request: HttpRequest,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<void> {
  const token = bearerOf(request.header('authorization'));
  await store.system('a node shows its token', (tx) => authenticateNode(tx, token, clock.now()));
}
