/** A Worker: `tulou deploy examples/worker`. The platform starts it when a call comes. */
import { greeting } from './greeting.ts';

interface Variables {
  /** Set with `tulou deploy --variable NAME=…`. */
  readonly NAME?: string;
}

export default {
  fetch(request: Request, variables: Variables): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/hello') return Response.json({ error: 'call /hello' }, { status: 404 });
    const name = searchParams.get('name') ?? variables.NAME ?? 'world';
    return Response.json({
      greeting: greeting(request.headers.get('accept-language'), name),
      // Set by the gateway, which drops what a client sends under these names.
      app: request.headers.get('tulou-app'),
      environment: request.headers.get('tulou-environment'),
    });
  },
};
