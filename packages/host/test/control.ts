/** The other side of the agreement: answers the three routes of control from values that a test sets. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  artifactsPath,
  desiredPath,
  hostReport,
  hostedService,
  reportPath,
  type DesiredState,
  type HostReport,
  type HostedService,
} from '@tulou/contract/hosting';
import type { z } from 'zod';
import { digestOf, tarOf, type Files } from './machine.ts';

export const token = 'token-of-a-test';

export class Control {
  readonly reports: HostReport[] = [];
  readonly #artifacts = new Map<string, Buffer>();
  readonly #server = createServer((request, answer) => void this.#answer(request, answer));
  readonly #waiting = new Set<() => void>();
  #desired: DesiredState = { version: '0', services: [] };
  #version = 0;
  #port = 0;

  /** Opens again at the same port after `close`. */
  async open(): Promise<this> {
    await new Promise<void>((resolve) => void this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async add(files: Files): Promise<{ digest: string; size_bytes: number }> {
    return this.addBytes(await tarOf(files));
  }

  addBytes(bytes: Buffer, digest = digestOf(bytes)): { digest: string; size_bytes: number } {
    this.#artifacts.set(digest, bytes);
    return { digest, size_bytes: bytes.byteLength };
  }

  set(services: readonly HostedService[]): void {
    this.#desired = { version: String((this.#version += 1)), services: [...services] };
    for (const wake of this.#waiting) wake();
  }

  async close(): Promise<void> {
    for (const wake of this.#waiting) wake();
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${token}`) return void answer.writeHead(401).end();
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === desiredPath) return this.#giveDesired(url, answer);
    if (url.pathname.startsWith(`${artifactsPath}/`)) {
      const bytes = this.#artifacts.get(url.pathname.slice(artifactsPath.length + 1));
      return void answer.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    }
    if (url.pathname !== reportPath) return void answer.writeHead(404).end();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const report = hostReport.parse(JSON.parse(Buffer.concat(parts).toString()));
    const last = this.reports.at(-1)?.seq ?? 0;
    if (report.seq > last) this.reports.push(report);
    return void answer.writeHead(200).end(JSON.stringify({ seq: Math.max(last, report.seq) }));
  }

  async #giveDesired(url: URL, answer: ServerResponse): Promise<void> {
    if (url.searchParams.get('after') === this.#desired.version) {
      const woken = Promise.withResolvers<void>();
      this.#waiting.add(woken.resolve);
      await woken.promise;
      this.#waiting.delete(woken.resolve);
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.#desired));
  }
}

const ids = { a: '01jd0000000000000000000000' } as const;
const idAt = (prefix: string, n: number): string => `${prefix}_${ids.a.slice(0, 20)}${String(n).padStart(6, '0')}`;

type GivenService = z.input<typeof hostedService>;
export type GivenRevision = Partial<GivenService['revisions'][number]> &
  Pick<GivenService['revisions'][number], 'artifact' | 'entry' | 'kind'>;

/** A service of the test by its number, as control would name it. Revisions are numbered too. */
export function serviceOf(
  n: number,
  release: number,
  revisions: Readonly<Record<number, GivenRevision>>,
): HostedService {
  return hostedService.parse({
    id: idAt('svc', n),
    slug: `service-${n}`,
    tenant: { id: idAt('ten', n), slug: `tenant-${n}` },
    developer: idAt('ten', n),
    environment: 'live',
    isolation: 'process',
    release: idAt('rel', release),
    revisions: Object.entries(revisions).map(([number, revision]) => ({
      id: idAt('rev', Number(number)),
      variables: {},
      limits: {},
      egress: [],
      weight: 100,
      instances: {},
      ...revision,
    })),
  } satisfies GivenService);
}
