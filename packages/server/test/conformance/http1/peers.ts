/**
 * The three readers that Tulou is compared with: Node's own server, nginx and HAProxy. The latter two are proxies in front of
 * a recorder. All use Unix sockets in a folder of this run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Recorder, seenOf, type Seen } from './recorder.ts';

export interface Peer {
  readonly name: string;
  /** Its reading of these octets. `hasty`: it soon stops waiting for the end of a request. */
  read(bytes: string, hasty: boolean): Promise<readonly Seen[]>;
  stop(): Promise<void>;
}

const HASTY_MS = 250;
const PATIENT_MS = 10_000;
const START_MS = 10_000;

/** Starts all three. If one is not installed, it throws with the command that installs it. */
export async function startPeers(folder: string): Promise<readonly Peer[]> {
  const binaries = { nginx: find('nginx'), haproxy: find('haproxy') };
  return Promise.all([startNode(folder), startNginx(folder, binaries.nginx), startHaproxy(folder, binaries.haproxy)]);
}

function find(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (path === undefined) throw new Error(`${name} is not installed: apt-get install -y nginx haproxy`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function startNode(folder: string): Promise<Peer> {
  let seen: Seen[] = [];
  const open = async (timeoutMs: number, path: string): Promise<Server> => {
    const server = createServer(
      {
        headersTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        keepAliveTimeout: timeoutMs,
        connectionsCheckingInterval: 50,
      },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          seen.push({
            method: request.method ?? '',
            target: request.url ?? '',
            body: Buffer.concat(chunks).toString('latin1'),
          });
          response.end('seen\n');
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return server;
  };
  const paths = { hasty: join(folder, 'node-hasty.sock'), patient: join(folder, 'node.sock') };
  const servers = [await open(HASTY_MS, paths.hasty), await open(PATIENT_MS, paths.patient)];
  return {
    name: 'node',
    async read(bytes, hasty) {
      await feed(hasty ? paths.hasty : paths.patient, bytes);
      const result = seen;
      seen = [];
      return result;
    },
    async stop() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function startNginx(folder: string, binary: string): Promise<Peer> {
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/nginx-${name};`,
  );
  const server = (socket: string, timeoutMs: number): string => `
    server {
      listen unix:${folder}/${socket};
      client_header_timeout ${timeoutMs}ms; client_body_timeout ${timeoutMs}ms; keepalive_timeout ${timeoutMs}ms; lingering_close off;
      location / {
        proxy_pass http://unix:${folder}/nginx-backend.sock;
        proxy_http_version 1.1;
        proxy_ignore_client_abort on;
      }
    }`;
  const http = `access_log off; client_max_body_size 0; large_client_header_buffers 8 32k; ${temporary.join(' ')}
    ${server('nginx.sock', PATIENT_MS)}${server('nginx-hasty.sock', HASTY_MS)}`;
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
  events { worker_connections 512; }
  http { ${http} }
`,
  );
  return startProxy(
    'nginx',
    folder,
    spawn(binary, ['-p', folder, '-c', config, '-e', join(folder, 'nginx.log')], { stdio: 'ignore' }),
  );
}

async function startHaproxy(folder: string, binary: string): Promise<Peer> {
  const config = join(folder, 'haproxy.cfg');
  const front = (name: string, timeoutMs: number): string => `
defaults
  mode http
  timeout connect 5s
  timeout server ${timeoutMs}ms
  timeout client ${timeoutMs}ms
  timeout http-request ${timeoutMs}ms
  timeout http-keep-alive ${timeoutMs}ms
listen ${name}
  bind unix@${folder}/${name}.sock
  server recorder unix@${folder}/haproxy-backend.sock
`;
  writeFileSync(config, `global\n  maxconn 512\n${front('haproxy', PATIENT_MS)}${front('haproxy-hasty', HASTY_MS)}`);
  return startProxy('haproxy', folder, spawn(binary, ['-db', '-f', config], { stdio: 'ignore' }));
}

async function startProxy(name: string, folder: string, child: ChildProcess): Promise<Peer> {
  const recorder = await Recorder.open(join(folder, `${name}-backend.sock`));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const patient = join(folder, `${name}.sock`);
  const hastyPath = join(folder, `${name}-hasty.sock`);
  await Promise.race([
    Promise.all([accepts(patient), accepts(hastyPath)]),
    exited.then((code) => Promise.reject(new Error(`${name} ended with ${code} before it listened`))),
  ]);
  return {
    name,
    async read(bytes, hasty) {
      await feed(hasty ? hastyPath : patient, bytes);
      return (await recorder.harvest()).messages.map(seenOf);
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await recorder.close();
    },
  };
}

async function accepts(path: string): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    const opened = await new Promise<boolean>((resolve) => {
      const socket = connect(path, () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (opened) return;
    if (performance.now() > until) throw new Error(`nothing listens on ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends octets and waits until the peer closes. */
function feed(path: string, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(bytes, 'latin1'));
    socket.on('data', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}
