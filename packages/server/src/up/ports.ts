/** The addresses that `tulou up` listens on, judged before anything is started. */
import { createServer } from 'node:net';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Address } from '../kernel/role.ts';

/** The address with a port that is free now; port 0 becomes one. Throws an OperatorError that names port and flag. */
export async function reserve(address: Address, flag: string): Promise<Address> {
  try {
    return { host: address.host, port: await tryListen(address) };
  } catch (error) {
    throw await unavailable(address, flag, error as NodeJS.ErrnoException);
  }
}

async function unavailable(address: Address, flag: string, cause: NodeJS.ErrnoException): Promise<OperatorError> {
  const { host, port } = address;
  if (cause.code === 'EADDRINUSE') {
    const other = await nextFree(address);
    return new OperatorError('port_in_use', `Port ${port} of ${host} is taken by another program.`, {
      remedy: [
        `Stop that program (\`ss -ltnp 'sport = :${port}'\` or \`lsof -i :${port}\` names it),`,
        `or choose another port: \`${flag} ${host}:${other}\`.`,
      ].join(' '),
      cause,
    });
  }
  if (cause.code === 'EACCES') {
    return new OperatorError('port_forbidden', `This user may not listen on port ${port}.`, {
      remedy: `Choose one above 1023: \`${flag} ${host}:8080\`.`,
      cause,
    });
  }
  return new OperatorError(
    'address_unusable',
    `Tulou cannot listen on ${host}:${port} (${cause.code ?? cause.message}).`,
    {
      remedy: `Use an address of this machine: \`${flag} 127.0.0.1:${port}\`.`,
      cause,
    },
  );
}

/** The next free port above; 0 where none is near. */
async function nextFree({ host, port }: Address): Promise<number> {
  for (let next = port + 1; next <= Math.min(port + 50, 65_535); next += 1) {
    const free = await tryListen({ host, port: next }).catch(() => 0);
    if (free !== 0) return free;
  }
  return 0;
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
