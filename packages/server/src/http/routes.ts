/** A handler of HTTP requests from a table of routes: 404, 405 with `Allow`, and OPTIONS are the table's own. */
import { acceptedLanguage, Problem } from '@tulou/contract';
import type { HttpAnswer, HttpHandler, HttpRequest } from './message.ts';
import { problemAnswer } from './problem.ts';
import type { Log } from '../kernel/log.ts';
import { compileRouter, type Route } from './router.ts';

export type Params = Readonly<Record<string, string>>;
export type RouteHandler = (request: HttpRequest, params: Params) => Promise<HttpAnswer>;

/** Serves a table of routes. */
export function serveRoutes(routes: readonly Route<RouteHandler>[], log: Log): HttpHandler {
  const router = compileRouter(routes);
  return async (request) => {
    const match = router(request.method, request.path);
    if (match.kind === 'nothing') throw new Problem('not_found');
    if (match.kind === 'target') return match.target(request, match.params);
    const allow = match.allow.join(', ');
    if (request.method === 'OPTIONS') return { status: 204, headers: { allow } };
    const language = acceptedLanguage(request.header('accept-language'));
    const refused = problemAnswer(new Problem('method_not_allowed'), request.requestId, log, language);
    return { ...refused, headers: { ...refused.headers, allow } };
  };
}
