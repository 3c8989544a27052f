/** Removes what uploads that have stopped leave behind, and contents without an artifact. */
import { limits } from '@tulou/contract';
import type { Deps } from '../../operations/handler.ts';
import type { SystemTx } from '../../store/store.ts';
import type { ContentStore } from '../content/store.ts';

export async function sweepArtifacts(
  deps: Pick<Deps, 'store' | 'clock' | 'log'>,
  content: ContentStore,
): Promise<void> {
  const { store, clock, log } = deps;
  const before = new Date(clock.now() - limits.artifactUploadHours * 3_600_000);
  await store.system('uploads of any tenant that have stopped', ({ sql }) => {
    return sql`delete from artifacts where state = 'receiving' and updated_at < ${before}`;
  });
  const removed = await content.sweep(before, (names) =>
    store.system('which contents any tenant needs', (tx) => neededOf(tx, names)),
  );
  if (removed > 0) log.info({ removed }, 'contents that no artifact needs were removed');
}

async function neededOf({ sql }: SystemTx, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const rows = await sql<{ name: string }[]>`
    select digest as name from artifacts where digest = any(${[...names]}::text[])
    union select id from artifacts where id = any(${[...names]}::text[]) and state = 'receiving'`;
  return new Set(rows.map(({ name }) => name));
}
