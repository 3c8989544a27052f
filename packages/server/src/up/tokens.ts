/** The credentials of the installation itself, as files that only their owner can read. */
import { chmod, readFile } from 'node:fs/promises';
import { formatCredential, parseCredential } from '@tulou/contract/credentials';
import { writeWhole } from '../kernel/files.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Random } from '../kernel/random.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';

/** Reads the token, or makes one if it is missing: the owner of the directory is the operator. */
export async function ensureToken(path: string, kind: 'operator' | 'node', random: Random): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // A token that this user may not read is not replaced.
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (text === undefined) {
    const token = formatCredential(kind, nilTenant, random.bytes(8), random.bytes(32));
    await writeWhole(path, `${token}\n`, 0o600);
    return token;
  }
  await chmod(path, 0o600);
  return checked(path, kind, text);
}

/** The token in a file. Throws an OperatorError where it is missing or none of this kind; its text is never repeated. */
export async function readToken(path: string, kind: 'operator' | 'node'): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OperatorError('token_missing', `The ${kind} token cannot be read from ${path}.`, {
      remedy: `\`tulou up\` writes it as ${kind}.token into its data directory; copy it to this machine, readable by this user only.`,
      cause,
    });
  });
  return checked(path, kind, text);
}

function checked(path: string, kind: 'operator' | 'node', text: string): string {
  const token = text.trim();
  if (parseCredential(token)?.kind === kind) return token;
  throw new OperatorError('token_invalid', `${path} does not hold a whole ${kind} token.`, {
    remedy: `Restore the file. If it is lost, remove it: \`tulou up\` then makes a new one.`,
  });
}
