import { join } from 'node:path';
import { family, startPinned } from '../../measure/process.ts';
import { answering, freePort, type Subject } from './subject.ts';

export const fastifyProxy: Subject = {
  name: '@fastify/http-proxy',
  does: 'forwards, by undici; no policy, no log',
  async start(bench) {
    const port = await freePort();
    const upstream = `http://${bench.upstream.host}:${bench.upstream.port}`;
    const running = startPinned(bench.subjectCore, [
      process.execPath,
      join(import.meta.dirname, 'fastify-server.ts'),
      upstream,
      String(port),
    ]);
    const url = `http://127.0.0.1:${port}${bench.path}`;
    await answering(url);
    return { url, credentials: [], pids: () => family(running.pid), stop: () => running.stop() };
  },
};
