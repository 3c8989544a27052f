/** The admin listener that every role has: alive, ready, measured. */
import type { Address } from '../kernel/role.ts';
import { listen, type ListenDeps, type Listener } from './listen.ts';
import type { HttpAnswer } from './message.ts';
import { serveRoutes } from './routes.ts';

export interface AdminOptions {
  readonly listen: Address;
  /** Undefined: ready to serve; a text: why not. */
  readonly ready: () => Promise<string | undefined>;
  /** A note for the operator in `/readyz` although the role is ready. */
  readonly note?: () => string | undefined;
  /** Prometheus text format 0.0.4. */
  readonly metrics: () => string;
}

/** Opens `/healthz` (200 as long as the process turns), `/readyz` (503 with the reason) and `/metrics`. */
export function openAdmin(options: AdminOptions, deps: ListenDeps): Promise<Listener> {
  const text = (status: number, body: string, type = 'text/plain; charset=utf-8'): HttpAnswer => ({
    status,
    headers: { 'content-type': type },
    body,
  });
  const routes = [
    { method: 'GET', path: '/healthz', target: async () => text(200, 'ok\n') },
    {
      method: 'GET',
      path: '/readyz',
      target: async () => {
        const reason = await options.ready().catch(() => 'the check itself failed');
        if (reason !== undefined) return text(503, `${reason}\n`);
        const note = options.note?.();
        return text(200, note === undefined ? 'ready\n' : `ready\n${note}\n`);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      target: async () => text(200, options.metrics(), 'text/plain; version=0.0.4; charset=utf-8'),
    },
  ];
  return listen(options.listen, serveRoutes(routes, deps.log), deps);
}
