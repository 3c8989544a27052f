/** nginx: as the upstream, as a bare proxy, and as a gateway with the policies of Tulou written in Lua. */
import { hash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCredential, idFromUuid, parseCredential } from '@tulou/contract';
import { family, startPinned } from '../../measure/process.ts';
import { answering, freePort, refusing, type Bench, type RunningSubject, type Subject } from './subject.ts';

const modules = '/usr/lib/nginx/modules';

/** One worker, no log, kept connections: the settings that a good administrator would use. */
function configuration(folder: string, http: string, load = ''): string {
  return `${load}
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; multi_accept on; }
http {
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
${http}
}
`;
}

async function startNginx(
  name: string,
  core: number,
  bench: { folder: string },
  write: (folder: string, port: number) => string,
): Promise<{ port: number; pids(): number[]; stop(): Promise<void> }> {
  const folder = join(bench.folder, name);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, write(folder, port));
  const running = startPinned(core, ['nginx', '-e', 'stderr', '-p', folder, '-c', file]);
  return { port, pids: () => family(running.pid), stop: () => running.stop() };
}

/** The upstream of all: a fixed body of one kilobyte, from memory. */
export async function startUpstream(
  folder: string,
  core: number,
): Promise<{ host: string; port: number; pids(): number[]; stop(): Promise<void> }> {
  const body = JSON.stringify({
    items: Array.from({ length: 8 }, (_, n) => ({ id: `ord_${n}`, status: 'placed', reference: 'x'.repeat(70) })),
    next: null,
  });
  const started = await startNginx('upstream', core, { folder }, (home, port) =>
    configuration(
      home,
      `  server { listen 127.0.0.1:${port} backlog=4096; location / { default_type application/json; return 200 '${body}'; } }`,
    ),
  );
  await answering(`http://127.0.0.1:${started.port}/`);
  return { host: '127.0.0.1', ...started };
}

const upstreamBlock = ({ upstream }: Bench): string =>
  `  upstream orders { server ${upstream.host}:${upstream.port}; keepalive 256; keepalive_requests 1000000000; }`;

export const nginxBare: Subject = {
  name: 'nginx, bare',
  does: 'forwards; keeps connections to the upstream; no policy, no log',
  async start(bench) {
    const started = await startNginx('bare', bench.subjectCore, bench, (folder, port) =>
      configuration(
        folder,
        `${upstreamBlock(bench)}\n  server { listen 127.0.0.1:${port} backlog=4096; location / { proxy_pass http://orders; } }`,
      ),
    );
    const url = `http://127.0.0.1:${started.port}${bench.path}`;
    await answering(url);
    return { url, credentials: [], pids: started.pids, stop: started.stop };
  },
};

/** `remember`: a verified key is kept by the worker, as Tulou's threads do; else its secret is hashed for every call. */
export function nginxLua(remember: boolean): Subject {
  return {
    name: remember ? 'nginx + Lua' : 'nginx + Lua, hashing',
    does:
      `key (${remember ? 'verified once, remembered' : 'SHA-256 each call'}), two windows, headers, assertion, ` +
      `request id, metering to a file every 100 ms without fsync`,
    start: (bench) => startLua(remember, bench),
  };
}

async function startLua(remember: boolean, bench: Bench): Promise<RunningSubject> {
  const credentials = Array.from({ length: bench.keys }, () =>
    formatCredential('live', '00000000-0000-7000-8000-000000000001', randomBytes(8), randomBytes(32)),
  );
  const name = remember ? 'lua' : 'lua-hashing';
  const keys = join(bench.folder, `${name}.keys`);
  await writeFile(keys, keyLines(credentials));
  const started = await startNginx(name, bench.subjectCore, bench, (folder, port) => {
    const server = `
  lua_package_path "${import.meta.dirname}/?.lua;/usr/share/lua/5.1/?.lua;;";
  lua_shared_dict keys 16m;
  lua_shared_dict counters 64m;
  init_by_lua_block { policy = require "policy" }
  init_worker_by_lua_block { policy.start("${folder}/usage.log", "${keys}", ${remember}) }
${upstreamBlock(bench)}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      rewrite ^/acme/orders/v1(/.*)$ $1 break;
      access_by_lua_block { policy.access() }
      header_filter_by_lua_block { policy.header_filter() }
      log_by_lua_block { policy.log() }
      proxy_pass http://orders;
    }
  }`;
    return configuration(
      folder,
      server,
      `load_module ${modules}/ndk_http_module.so;\nload_module ${modules}/ngx_http_lua_module.so;`,
    );
  });
  return { ...(await ready(started, bench, credentials)), pids: started.pids, stop: started.stop };
}

async function ready(
  { port }: { port: number },
  bench: Bench,
  credentials: readonly string[],
): Promise<Pick<RunningSubject, 'url' | 'credentials'>> {
  const url = `http://127.0.0.1:${port}/acme/orders/v1${bench.path}`;
  const headers = credentials.map((credential) => `Bearer ${credential}`);
  await answering(url, { authorization: headers[0] ?? '' });
  await refusing(url);
  return { url, credentials: headers };
}

/** A line for each key, as a control plane would have pushed it: id, SHA-256 of the secret, owner. */
function keyLines(credentials: readonly string[]): string {
  const app = idFromUuid('app', '00000000-0000-7000-8000-000000000002');
  const tenant = idFromUuid('tenant', '00000000-0000-7000-8000-000000000001');
  return credentials
    .map((text) => {
      const { id = '', secret = '' } = parseCredential(text) ?? {};
      return [id, hash('sha256', secret, 'hex'), tenant, app, 'active', 0].join(' ');
    })
    .join('\n');
}
