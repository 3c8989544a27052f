/** `@fastify/http-proxy` as its documentation shows it, in a process of its own. Arguments: upstream, port. */
import proxy from '@fastify/http-proxy';
import { fastify } from 'fastify';

const [upstream = '', port = ''] = process.argv.slice(2);
const server = fastify({ logger: false });
await server.register(proxy, { upstream, undici: { connections: 256, pipelining: 1 } });
await server.listen({ host: '127.0.0.1', port: Number(port) });
process.once('SIGTERM', () => process.exit(0));
