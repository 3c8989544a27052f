/** The tokens in the files of a control process: who can write the file has the right to be the operator, or a node. */
import { parseCredential } from '@tulou/contract';
import { must } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Log } from '../kernel/log.ts';
import type { Store, SystemTx } from '../store/store.ts';

type Kind = 'operator' | 'node';

export interface FileTokenDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** How soon a replaced file counts. */
const lookMs = 5000;

/**
 * Stores the hash of a token from a file. An operator token that was not stored before revokes all earlier ones from files;
 * one that was revoked stays so, whatever the file holds.
 */
export async function storeFileToken(deps: FileTokenDeps, kind: Kind, text: string): Promise<void> {
  const credential = must(parseCredential(text), `the ${kind} token is whole`);
  const now = new Date(deps.clock.now());
  const state = await deps.store.system(`the ${kind} token of this installation`, async (tx) => {
    const made = await tx.sql`
      insert into platform_tokens (id, kind, secret_hash, name, from_file, created_at)
      values (${credential.id}, ${kind}, ${sha256(credential.secret)}, ${`${kind}.token`}, true, ${now})
      on conflict (id) do nothing returning id`;
    if (made.length === 0) return (await isRevoked(tx, credential.id)) ? 'revoked' : 'known';
    if (kind === 'operator') await revokeEarlier(tx, credential.id, now);
    return 'new';
  });
  if (state === 'revoked')
    deps.log.warn({ kind }, 'the token in the file is revoked: remove the file and start again to get a new one');
}

async function isRevoked({ sql }: SystemTx, id: string): Promise<boolean> {
  const rows = await sql`select from platform_tokens where id = ${id} and revoked_at is not null`;
  return rows.length > 0;
}

/** Gateways keep a node token until they restart, so that earlier node tokens stay. */
async function revokeEarlier({ sql }: SystemTx, id: string, now: Date): Promise<void> {
  await sql`
    update platform_tokens set revoked_at = ${now}
    where kind = 'operator' and from_file and id <> ${id} and revoked_at is null`;
}

/** Reads the operator's file again and again: a replaced token counts, and revokes the old one, without a restart. */
export function watchFileToken(
  first: string,
  read: () => Promise<string>,
  deps: FileTokenDeps,
): { readonly stop: () => Promise<void> } {
  let known = first;
  let isReadable = true;
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const text = await read();
      isReadable = true;
      if (text === known) return;
      await storeFileToken(deps, 'operator', text);
      known = text;
    } catch (error) {
      // A file that is just being written, or was removed: the token that was read last stays.
      if (isReadable)
        deps.log.warn({ cause: String(error) }, 'the operator token file cannot be read; the last token stays');
      isReadable = false;
    }
  };
  const timer = deps.clock.every(lookMs, () => (looking = looking.then(look)));
  return {
    async stop() {
      timer.cancel();
      await looking;
    },
  };
}

export interface NewOperatorToken {
  readonly id: string;
  readonly name: string | null;
  readonly created_by: string | null;
  readonly expires_at: Date | null;
  readonly created_at: Date;
}

/** Stores a named operator token by the hash of its secret. */
export async function insertOperatorToken({ sql }: SystemTx, row: NewOperatorToken, secretHash: string): Promise<void> {
  await sql`
    insert into platform_tokens (id, kind, secret_hash, name, from_file, created_by, expires_at, created_at)
    values (${row.id}, 'operator', ${secretHash}, ${row.name}, false, ${row.created_by}, ${row.expires_at},
            ${row.created_at})`;
}

/** Refuses a token from the next call on. */
export async function revokePlatformToken({ sql }: SystemTx, id: string, at: Date): Promise<void> {
  await sql`update platform_tokens set revoked_at = ${at} where id = ${id}`;
}
