/** The service over HTTP: finds the operation, asks who calls, reads the body, answers. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openVerifier, type Verify } from './assertion.ts';
import { operations, type Answer, type Operation } from './operations.ts';
import { Refusal } from './refusal.ts';
import { openOrderStore, type OrderStore } from './store.ts';

export interface ServiceOptions {
  /** Issuer of assertions. */
  readonly platformUrl: string;
  /** `<provider>/<api>`: an assertion for another API is worth nothing here. */
  readonly audience: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly folder: string;
}

export interface RunningService {
  readonly url: string;
  /** Ends after the running calls. */
  stop(): Promise<void>;
}

const bodyBytesMax = 256 * 1024;

const routes = operations.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

export async function startOrders(options: ServiceOptions): Promise<RunningService> {
  const store = openOrderStore(options.folder);
  const verify = openVerifier(options);
  const server = createServer((request, response) => void serve(request, response, store, verify));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          store.close();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  store: OrderStore,
  verify: Verify,
): Promise<void> {
  try {
    send(response, await answer(request, store, verify));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500);
    if (refusal !== error)
      process.stderr.write(`${JSON.stringify({ level: 'error', service: 'orders', error: String(error) })}\n`);
    send(response, {
      status: refusal.status,
      fields: { 'content-type': 'application/problem+json', ...refusal.fields },
      body: refusal.body,
    });
  }
}

async function answer(request: IncomingMessage, store: OrderStore, verify: Verify): Promise<Answer> {
  const assertion = request.headers['tulou-assertion'];
  const tenant = await verify(typeof assertion === 'string' ? assertion : undefined);
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const { operation, params } = find(request.method ?? '', path);
  const body = operation.takesBody ? await readJson(request) : undefined;
  return operation.run({ tenant, params, query: new URLSearchParams(query), body }, store);
}

function find(method: string, path: string): { operation: Operation; params: Record<string, string> } {
  const here = routes.flatMap(({ operation, pattern }) => {
    const match = pattern.exec(path);
    return match === null ? [] : [{ operation, params: { ...match.groups } }];
  });
  if (here.length === 0) throw new Refusal(404, 'There is nothing at this address.');
  const found = here.find(({ operation }) => operation.method === method);
  if (found === undefined)
    throw new Refusal(405, undefined, { fields: { allow: here.map(({ operation }) => operation.method).join(', ') } });
  return found;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'Send `Content-Type: application/json`.');
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Kept open when it is left early, so that the refusal still reaches the caller.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new Refusal(413, undefined, { fields: { connection: 'close' } });
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
}

function send(response: ServerResponse, { status, fields = {}, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...fields });
  response.end(`${JSON.stringify(body)}\n`);
}
