/**
 * Sockets that read into one buffer of ours instead of one of their own per read: no
 * allocation, no `Buffer`, no readable stream on the way of a request. All sockets of a thread share the buffer, as a read is dealt with
 * before the next one happens; who wants to keep octets copies them.
 */
import { connect, Socket, type OnReadOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { must } from '../../kernel/assert.ts';

const READ_BYTES = 65_536;

/** Takes what was read. The octets are only valid during the call. */
export type OnBytes = (bytes: Buffer, length: number) => void;

export class ReadBuffer {
  readonly #bytes = Buffer.allocUnsafeSlow(READ_BYTES);

  into(onBytes: OnBytes): OnReadOpts {
    return {
      buffer: this.#bytes,
      callback: (length) => {
        onBytes(this.#bytes, length);
        return true;
      },
    };
  }
}

interface Adoptable {
  _handle?: object | null;
}

/**
 * Turns a just accepted, paused socket into one that reads into `buffer`. `net.Server` can't be told to, so the socket's
 * handle moves to a new one. Both ends of that are Node's own usage (`cluster`, `tls`), not its documentation: the version is
 * pinned, and every test of this folder fails if it stops working.
 */
export function adopt(accepted: Socket, buffer: ReadBuffer, writeBytesMax: number, onBytes: OnBytes): Socket {
  const from = accepted as Adoptable;
  const handle = must(from._handle, 'an accepted socket has a handle');
  from._handle = null;
  const options = { handle, allowHalfOpen: true, onread: buffer.into(onBytes), writableHighWaterMark: writeBytesMax };
  // What is left of the first socket gives its place in the server's count back.
  accepted.destroy();
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}

export interface Destination {
  /** A literal address: nothing is resolved here. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** The name that a certificate must be for. */
  readonly name: string;
  /** A Unix socket in the place of address and port. */
  readonly socket?: string | undefined;
}

/** Opens a connection to exactly this address. Certificates are verified against Node's trust store. */
export function open(destination: Destination, buffer: ReadBuffer, writeBytesMax: number, onBytes: OnBytes): Socket {
  const { address, port, tls, name, socket } = destination;
  const general = { writableHighWaterMark: writeBytesMax, onread: buffer.into(onBytes) };
  if (socket !== undefined) return connect({ path: socket, ...general });
  const options = { host: address, port, noDelay: true, ...general };
  if (!tls) return connect(options);
  const secured: ConnectionOptions = { ...options, ALPNProtocols: ['http/1.1'] };
  if (name !== address) secured.servername = name;
  return connectTls(secured).setNoDelay(true);
}
