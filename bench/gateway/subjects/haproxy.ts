import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { family, startPinned } from '../../measure/process.ts';
import { answering, freePort, type Subject } from './subject.ts';

export const haproxyBare: Subject = {
  name: 'HAProxy, bare',
  does: 'forwards; keeps connections to the upstream; no policy, no log',
  async start(bench) {
    const folder = join(bench.folder, 'haproxy');
    await mkdir(folder, { recursive: true });
    const port = await freePort();
    const file = join(folder, 'haproxy.cfg');
    await writeFile(
      file,
      `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port} backlog 4096
  default_backend orders
backend orders
  server one ${bench.upstream.host}:${bench.upstream.port} pool-max-conn 256
`,
    );
    const running = startPinned(bench.subjectCore, ['haproxy', '-db', '-f', file]);
    const url = `http://127.0.0.1:${port}${bench.path}`;
    await answering(url);
    return { url, credentials: [], pids: () => family(running.pid), stop: () => running.stop() };
  },
};
