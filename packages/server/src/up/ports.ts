/** The addresses that `tulou up` listens on, judged before anything is started. */
import { createServer } from 'node:net';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Address } from '../kernel/role.ts';

/** A listener of the platform: where, and the flag that moves it. */
export interface Listening {
  readonly flag: string;
  readonly address: Address;
}

interface Refused extends Listening {
  readonly cause: NodeJS.ErrnoException;
}

/**
 * The addresses with ports that are free now; port 0 becomes one. All are tried before any is refused. Throws an
 * OperatorError that names each port, and the line to type (`lineWith`).
 */
export async function reserveAll(
  wanted: readonly Listening[],
  lineWith: (flags: readonly string[]) => string,
): Promise<readonly Address[]> {
  const found: Address[] = [];
  const refused: Refused[] = [];
  for (const one of wanted) {
    try {
      const { host, port } = one.address;
      found.push({ host, port: port === 0 ? await anyFree(host, found) : await tryListen(one.address) });
    } catch (error) {
      refused.push({ ...one, cause: error as NodeJS.ErrnoException });
    }
  }
  if (refused.length === 0) return found;
  const other = refused.find(({ cause }) => cause.code !== 'EADDRINUSE');
  throw other === undefined ? await inUse(refused, wanted, lineWith) : unusable(other);
}

async function inUse(
  refused: readonly Refused[],
  wanted: readonly Listening[],
  lineWith: (flags: readonly string[]) => string,
): Promise<OperatorError> {
  const avoided = new Set(wanted.map(({ address }) => address.port));
  const flags: string[] = [];
  for (const { flag, address } of refused) {
    const port = await nextFree(address, avoided);
    avoided.add(port);
    flags.push(flag, textOf({ host: address.host, port }));
  }
  const names = refused.map(({ address: { host, port } }) => `Port ${port} of ${host}`).join(' and ');
  const verb = refused.length === 1 ? 'is taken by another program' : 'are taken by other programs';
  const ports = refused.map(({ address }) => address.port);
  const show = ports.map((port) => `sport = :${port}`).join(' or ');
  return new OperatorError('port_in_use', `${names} ${verb}.`, {
    remedy: [
      `Type \`${lineWith(flags)}\`,`,
      `or stop the other program (\`ss -ltnp '${show}'\` or \`lsof -i :${ports.join(',')}\` names it).`,
    ].join(' '),
    cause: refused[0]?.cause,
  });
}

function unusable({ flag, address: { host, port }, cause }: Refused): OperatorError {
  if (cause.code === 'EACCES') {
    return new OperatorError('port_forbidden', `This user may not listen on port ${port}.`, {
      remedy: `Choose one above 1023: \`${flag} ${textOf({ host, port: 8080 })}\`.`,
      cause,
    });
  }
  if (cause.code === 'EMFILE' || cause.code === 'ENFILE') {
    return new OperatorError('files_exhausted', 'This process may open no more files or connections.', {
      remedy: 'Raise the limit and start again: `ulimit -n 4096`, or `LimitNOFILE=` in its unit.',
      cause,
    });
  }
  return new OperatorError(
    'address_unusable',
    `Tulou cannot listen on ${textOf({ host, port })} (${cause.code ?? cause.message}).`,
    {
      remedy: `Use an address of this machine: \`${flag} 127.0.0.1:${port}\`.`,
      cause,
    },
  );
}

const textOf = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** The next free port above; 0, which takes any, where none is near. */
async function nextFree({ host, port }: Address, avoided: ReadonlySet<number>): Promise<number> {
  for (let next = port + 1; next <= Math.min(port + 100, 65_535); next += 1) {
    if (avoided.has(next)) continue;
    const free = await tryListen({ host, port: next }).catch(() => 0);
    if (free !== 0) return free;
  }
  return 0;
}

const lowestAny = 20_000;
const anyCount = 12_000;

/**
 * A free port for port 0. A role listens on it later, and again after a crash, so it is below the ports that systems give to
 * outgoing connections (32768 on Linux, 49152 elsewhere): one of those could take it meanwhile.
 */
async function anyFree(host: string, taken: readonly Address[]): Promise<number> {
  const avoided = new Set(taken.map(({ port }) => port));
  const above = lowestAny + ((process.pid * 37) % anyCount);
  return (await nextFree({ host, port: above }, avoided)) || tryListen({ host, port: 0 });
}

function tryListen({ host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : port));
    });
  });
}
