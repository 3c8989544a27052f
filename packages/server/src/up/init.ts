/** `tulou init`: what the roles of a new installation share, where nothing starts them together. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Random } from '../kernel/random.ts';
import { ensureMasterKey } from './master-key.ts';
import { ensureToken } from './tokens.ts';

/** Makes the files that are missing, for their owner only; returns what to do with each. */
export async function initialise(given: string, random: Random): Promise<string> {
  const dir = resolve(given);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await ensureToken(join(dir, 'operator.token'), 'operator', random);
  await ensureToken(join(dir, 'node.token'), 'node', random);
  await ensureMasterKey(join(dir, 'master.key'), random);
  return `
In ${dir}, each readable by its owner only:

  operator.token   for control (TULOU_OPERATOR_TOKEN_FILE), and for you
  node.token       for control and each gateway (TULOU_NODE_TOKEN_FILE)
  master.key       for control alone (TULOU_MASTER_KEY_FILE); keep a copy where your backups are not
`;
}
