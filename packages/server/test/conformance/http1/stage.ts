/** Tulou between a client and a recording back end, and the three readers beside it: what a request leads to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireLimits } from '../../../src/gateway/wire/exchange.ts';
import { frameResponses, statusOf, type Message } from './messages.ts';
import { startPeers, type Peer } from './peers.ts';
import { Recorder, seenOf, type Seen } from './recorder.ts';
import { TulouUnderTest, type Meant } from './tulou.ts';

/** Follows every case on the same connection: a reader that misreads a length swallows it, or sees it twice. */
const sentinel = 'GET /sentinel HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n';
export const isSentinel = ({ target }: Seen): boolean => target === '/sentinel';

export interface Observation {
  /** The statuses of the answers, without interim ones. */
  readonly statuses: readonly number[];
  /** Whole requests at the back end. */
  readonly messages: readonly Message[];
  readonly meant: readonly Meant[];
  /** Faults that are independent of the request. */
  readonly findings: readonly string[];
}

export interface Reading {
  readonly peer: string;
  readonly seen: readonly Seen[];
}

export class Stage {
  readonly #folder: string;
  readonly #backend: Recorder;
  readonly #tulou: TulouUnderTest;
  readonly #peers: readonly Peer[];

  private constructor(folder: string, backend: Recorder, tulou: TulouUnderTest, peers: readonly Peer[]) {
    this.#folder = folder;
    this.#backend = backend;
    this.#tulou = tulou;
    this.#peers = peers;
  }

  static async open(limits: Partial<WireLimits> = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'tulou-http1-'));
    const backend = await Recorder.open();
    return new Stage(folder, backend, await TulouUnderTest.open(backend.port, limits), await startPeers(folder));
  }

  async close(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.stop()));
    await this.#tulou.close();
    await this.#backend.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** Sends octets, with the sentinel behind them or, where they are `cut`, the end of the client's side. */
  async observe(bytes: string, cut: boolean): Promise<Observation> {
    const client = this.#tulou.connect();
    client.send(cut ? bytes : bytes + sentinel);
    if (cut) client.end();
    await client.closed;
    const { messages, faults } = await this.#backend.harvest();
    const meant = this.#tulou.takeMeant();
    const answers = frameResponses(client.received, true);
    const statuses = answers.messages.map(({ startLine }) => statusOf(startLine)).filter((status) => status >= 200);
    const findings = [...faults.map((fault) => `at the back end: ${fault}`), ...meaningFindings(messages, meant)];
    if (answers.fault !== undefined) findings.push(`at the client: ${answers.fault}`);
    else if (answers.rest !== '') findings.push(`at the client: half an answer: ${answers.rest.slice(0, 80)}`);
    if (statuses.length > messages.length + 1)
      findings.push(`${statuses.length} answers to ${messages.length} requests`);
    return { statuses, messages, meant, findings };
  }

  /** The readings of the three peers for octets that Tulou forwarded, with the sentinel behind them. */
  readForwarded(bytes: string): Promise<readonly Reading[]> {
    return this.#read(bytes + sentinel, false);
  }

  /** The readings of the three peers for octets as a client sent them. */
  readOriginal(bytes: string, cut: boolean): Promise<readonly Reading[]> {
    return this.#read(cut ? bytes : bytes + sentinel, true);
  }

  #read(bytes: string, hasty: boolean): Promise<readonly Reading[]> {
    return Promise.all(this.#peers.map(async (peer) => ({ peer: peer.name, seen: await peer.read(bytes, hasty) })));
  }
}

/** The reading that each reader must have of forwarded messages: each as the back end saw it, then the sentinel. */
export function expectedOf(messages: readonly Message[]): readonly Seen[] {
  return [...messages.map(seenOf), { method: 'GET', target: '/sentinel', body: '' }];
}

/** The reading of one reader, for a message about it. */
export function describe(seen: readonly Seen[]): string {
  return `[${seen.map(({ method, target, body }) => `${method} ${target.slice(0, 60)} ${body.length}`).join(', ')}]`;
}

/**
 * The octets at the back end are those that the engine meant. A request that was on its way when its client disconnected may
 * or may not be there.
 */
function meaningFindings(messages: readonly Message[], meant: readonly Meant[]): string[] {
  const said = meant
    .filter(({ outcome }) => outcome.error === undefined || outcome.error === 'client_aborted')
    .map(({ method, target, outcome }) => ({
      text: `${method} ${target} ${outcome.requestBytes}`,
      sure: outcome.error === undefined,
    }));
  const heard = messages.map(seenOf).map(({ method, target, body }) => `${method} ${target} ${body.length}`);
  const expected = said.filter(({ text, sure }) => sure || heard.includes(text)).map(({ text }) => text);
  if (expected.join('\n') === heard.join('\n')) return [];
  return [`meant [${expected.join(', ')}], the back end read [${heard.join(', ')}]`];
}
