/** A place inside the machine that no outside party may make the platform connect to, and every spelling of its address. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Canary {
  /** URLs that lead to it, or to another place that must not be reached. */
  readonly urls: readonly string[];
  /** The plainest of them. */
  readonly url: string;
  /** Connections so far, with any result. */
  hits(): number;
  stop(): void;
}

/** Listens on loopback of both families where there are both. */
export async function openCanary(): Promise<Canary> {
  let hits = 0;
  const sockets = new Set<Socket>();
  const sing = (socket: Socket): void => {
    hits += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"secret":"data"}');
  };
  const [four, six] = [createServer(sing), createServer(sing)];
  await once(four.listen(0, '127.0.0.1'), 'listening');
  const { port } = four.address() as AddressInfo;
  // Without IPv6 on this machine, no connection could come by it either.
  await new Promise<void>((resolve) => {
    six.once('error', () => resolve());
    six.listen({ port, host: '::1', ipv6Only: true }, resolve);
  });
  return {
    urls: hosts.map((host, n) => `${n % 2 === 0 ? 'http' : 'https'}://${host}:${port}/`),
    url: `http://127.0.0.1:${port}/`,
    hits: () => hits,
    stop() {
      for (const socket of sockets) socket.destroy();
      for (const server of [four, six]) server.close();
    },
  };
}

const hosts: readonly string[] = [
  // Loopback, in the spellings that one parser or another takes.
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '127.0.0.1.',
  ],
  ...['0', '0.0.0.0', '127.255.255.254', 'localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '%31%32%37.0.0.1'],
  ...['127。0。0。1', '①②⑦.⓪.⓪.①', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ...['[::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fe80::1]', '[fec0::1]', '[fd00::1]', '[ff02::1]'],
  // The metadata address of a cloud, and networks that are not public.
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '[::ffff:169.254.169.254]', '[fd00:ec2::254]', '100.100.100.200'],
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  // A public name before or after the place itself.
  ...['example.com@127.0.0.1', 'user:password@127.0.0.1', '127.0.0.1\\@example.com', '127.0.0.1#@example.com'],
];
