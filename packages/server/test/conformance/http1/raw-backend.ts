/** A back end that sends what a case says, octet for octet. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ResponseCase } from './corpus/response-case.ts';
import { frameRequests } from './messages.ts';

/** The longest wait for the close of a connection that must not be used again. */
const CLOSE_MS = 3000;

/** Answers `/case` with the case's octets and everything else with its target. */
export class RawBackend {
  play: ResponseCase | undefined;
  readonly #server: Server;
  #player: Socket | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(): Promise<RawBackend> {
    const server = createServer({ allowHalfOpen: false });
    const backend = new RawBackend(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sends unrequested octets and waits for the connection to be closed, as it must be. */
  async sendLate(): Promise<void> {
    const socket = this.#player;
    if (socket === undefined || this.play === undefined || socket.destroyed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(this.play.late, 'latin1');
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    let bytes = '';
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => {
      const { messages, rest } = frameRequests(bytes + chunk.toString('latin1'));
      bytes = rest;
      for (const { startLine } of messages) this.#answer(socket, String(startLine.split(' ')[1]));
    });
  }

  #answer(socket: Socket, target: string): void {
    if (target !== '/case' || this.play === undefined) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
      return;
    }
    this.#player = socket;
    socket.write(this.play.bytes, 'latin1');
    if (this.play.ends) socket.end();
  }
}
