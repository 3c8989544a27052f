/**
 * An open loop: requests are sent when they are due, whatever became of those before them, so that a stall is counted by
 * every request that it delays. A process of its own, started by `offer`; it reports one line of JSON.
 */
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { quantile } from './numbers.ts';

export interface Offer {
  readonly url: string;
  /** The text of each request, used in turn. */
  readonly requests: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
}

export interface Offered {
  readonly requests: number;
  readonly errors: number;
  /** From the moment a request was due to the last byte of its answer. */
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly max_us: number;
  /** How late the generator itself was, 99th percentile: latencies below it say nothing. */
  readonly generator_p99_us: number;
}

/** Runs the offer on one core. */
export function offer(plan: Offer, core: number): Promise<Offered> {
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', ['-c', String(core), process.execPath, import.meta.filename], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (piece: Buffer) => void (text += piece.toString()));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(text) as Offered) : reject(new Error(`the open loop ended with ${code}`)),
    );
    child.stdin.end(JSON.stringify(plan));
  });
}

/** Requests become due in groups, a group each millisecond: the finest that a timer gives. */
const tickMs = 1;

class Loop {
  readonly #plan: Offer;
  readonly #idle: Client[] = [];
  readonly #due: number[] = [];
  readonly #latencies: number[] = [];
  readonly #lateness: number[] = [];
  #next = 0;
  #errors = 0;
  #open = 0;

  constructor(plan: Offer) {
    this.#plan = plan;
  }

  async run(): Promise<Offered> {
    const { connections, seconds, perSecond } = this.#plan;
    const clients = await Promise.all(Array.from({ length: connections }, () => this.#connect()));
    this.#idle.push(...clients);
    const begun = performance.now();
    const perTick = (perSecond * tickMs) / 1000;
    let offered = 0;
    for (let tick = 0; tick * tickMs < seconds * 1000; tick += 1) {
      const dueMs = begun + tick * tickMs;
      while (performance.now() < dueMs) await new Promise((resolve) => void setTimeout(resolve, tickMs));
      this.#lateness.push((performance.now() - dueMs) * 1000);
      for (; offered < (tick + 1) * perTick; offered += 1) this.#due.push(dueMs);
      this.#send();
    }
    while (this.#open > 0 || this.#due.length > 0) await new Promise((resolve) => void setTimeout(resolve, 5));
    for (const { socket } of clients) socket.destroy();
    const at = (q: number): number => Math.round(quantile(this.#latencies, q));
    return {
      requests: this.#latencies.length,
      errors: this.#errors,
      p50_us: at(0.5),
      p90_us: at(0.9),
      p99_us: at(0.99),
      p999_us: at(0.999),
      max_us: at(1),
      generator_p99_us: Math.round(quantile(this.#lateness, 0.99)),
    };
  }

  #send(): void {
    while (this.#due.length > 0) {
      const client = this.#idle.pop();
      if (client === undefined) return;
      const { requests } = this.#plan;
      this.#open += 1;
      client.dueMs = this.#due.shift() ?? 0;
      client.socket.write(requests[this.#next] ?? '');
      this.#next = (this.#next + 1) % requests.length;
    }
  }

  #connect(): Promise<Client> {
    const { hostname, port } = new URL(this.#plan.url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      const client: Client = { socket, dueMs: 0, pieces: '' };
      socket.once('connect', () => resolve(client));
      socket.once('error', reject);
      socket.setEncoding('latin1');
      socket.on('data', (piece: string) => this.#receive(client, piece));
    });
  }

  #receive(client: Client, piece: string): void {
    client.pieces += piece;
    const head = client.pieces.indexOf('\r\n\r\n');
    if (head === -1) return;
    const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(client.pieces.slice(0, head)) ?? [];
    if (client.pieces.length < head + 4 + Number(length)) return;
    this.#latencies.push((performance.now() - client.dueMs) * 1000);
    if (!client.pieces.startsWith('HTTP/1.1 200')) this.#errors += 1;
    client.pieces = '';
    this.#open -= 1;
    this.#idle.push(client);
    this.#send();
  }
}

interface Client {
  readonly socket: Socket;
  dueMs: number;
  pieces: string;
}

if (process.argv[1] === import.meta.filename) {
  let text = '';
  for await (const piece of process.stdin) text += String(piece);
  process.stdout.write(JSON.stringify(await new Loop(JSON.parse(text) as Offer).run()));
}
