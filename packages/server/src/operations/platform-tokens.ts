/** Tokens of the installation itself, as files keep them: the operator's and the nodes'. */
import { parseCredential } from '@tulou/contract';
import { must } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Store } from '../store/store.ts';

/** Stores the hash of a token, so that its bearer can authenticate. */
export async function storePlatformToken(
  kind: 'operator' | 'node',
  text: string,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<void> {
  const credential = must(parseCredential(text), `the ${kind} token is whole`);
  await store.system(`the ${kind} token of this installation`, async ({ sql }) => {
    await sql`
      insert into platform_tokens (id, kind, secret_hash, created_at)
      values (${credential.id}, ${kind}, ${sha256(credential.secret)}, ${new Date(clock.now())})
      on conflict (id) do nothing`;
  });
}
