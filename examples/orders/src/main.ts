import { startOrders } from './service.ts';

const listen = /^(.+):(\d+)$/.exec(process.env['ORDERS_LISTEN'] ?? '127.0.0.1:7010');
if (listen === null) {
  process.stderr.write('ORDERS_LISTEN takes HOST:PORT, for example 127.0.0.1:7010\n');
  process.exit(2);
}

const service = await startOrders({
  host: listen[1] ?? '',
  port: Number(listen[2]),
  folder: process.env['ORDERS_DATA'] ?? 'orders-data',
  platformUrl: process.env['TULOU_PLATFORM_URL'] ?? 'http://127.0.0.1:8090',
  audience: process.env['ORDERS_AUDIENCE'] ?? 'acme/orders',
}).catch((error: unknown) => {
  process.stderr.write(`The orders service cannot start: ${(error as Error).message}\n`);
  process.exit(1);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void service.stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ event: 'ready', url: service.url })}\n`);
