/** A back end on a raw socket: keeps every octet it is sent, frames it in its own way, answers each whole request. */
import { createServer, type Server, type Socket } from 'node:net';
import { frameRequests, type Message } from './messages.ts';

/** A request as its reader understood it. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

export interface Harvest {
  /** Whole requests in the order of their ends, with the octets they came in. */
  readonly messages: readonly Message[];
  /** Signs of a fault: octets that are no request, and connections left in the middle of one. */
  readonly faults: readonly string[];
}

/** The longest wait for the close of a connection that was left in the middle of a request. */
const CLOSE_MS = 3000;

interface Line {
  readonly socket: Socket;
  bytes: string;
  fault: string | undefined;
  closed: Promise<void>;
  isClosed: boolean;
}

export class Recorder {
  readonly #server: Server;
  #messages: Message[] = [];
  #lines = new Set<Line>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a path (a Unix socket) or, with none, on a port of loopback. */
  static async open(path?: string): Promise<Recorder> {
    const server = createServer();
    const recorder = new Recorder(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (path === undefined) server.listen(0, '127.0.0.1', resolve);
      else server.listen(path, resolve);
    });
    return recorder;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the recorder does not listen on a port');
    return address.port;
  }

  /** The octets since the last harvest. It waits until connections that hold a part of a request are closed, as they must be. */
  async harvest(): Promise<Harvest> {
    const open = [...this.#lines];
    for (const line of open.filter(({ bytes }) => bytes !== '')) {
      await Promise.race([line.closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    }
    const faults = open.flatMap((line) => {
      if (line.fault !== undefined) return [line.fault];
      return line.bytes !== '' && !line.isClosed
        ? [`left open in the middle of a request: ${line.bytes.slice(0, 80)}`]
        : [];
    });
    for (const line of open.filter(({ bytes, isClosed }) => bytes !== '' || isClosed)) {
      line.socket.destroy();
      this.#lines.delete(line);
    }
    const messages = this.#messages;
    this.#messages = [];
    return { messages, faults };
  }

  async close(): Promise<void> {
    for (const { socket } of this.#lines) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const line: Line = { socket, bytes: '', fault: undefined, closed, isClosed: false };
    void closed.then(() => (line.isClosed = true));
    this.#lines.add(line);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => this.#take(line, bytes.toString('latin1')));
  }

  #take(line: Line, bytes: string): void {
    line.bytes += bytes;
    const { messages, rest, fault } = frameRequests(line.bytes);
    line.bytes = rest;
    line.fault ??= fault;
    for (const message of messages) {
      this.#messages.push(message);
      line.socket.write(answerTo(message));
    }
    if (fault !== undefined) line.socket.destroy();
  }
}

/** How a message reads as a request. */
export function seenOf({ startLine, body }: Message): Seen {
  const [method = '', target = ''] = startLine.split(' ');
  return { method, target, body };
}

function answerTo(message: Message): string {
  const { method, target, body } = seenOf(message);
  const text = method === 'HEAD' ? '' : `${method} ${target.slice(0, 100)} ${body.length}\n`;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}
