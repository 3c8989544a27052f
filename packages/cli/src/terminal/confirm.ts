import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { printable } from './text.ts';

/**
 * Asks before something is gone for good: the user types the name of what they lose. `--yes` answers beforehand, and
 * where nobody can be asked it is needed.
 */
export async function confirm(what: string, name: string, isYes: boolean, io: Io): Promise<void> {
  if (isYes) return;
  if (!io.stdin.isTty || !io.stderr.isTty)
    throw usageFailure(`${what}: nobody can be asked here.`, 'Add "--yes" if you mean it.');
  const answer = await io.stdin.line(`${printable(what)}\nType "${printable(name)}" to go on: `);
  if (answer?.trim() !== name) throw new Failure('Nothing was changed.', { exit: 'interrupted' });
}

/** Throws where one of these files is there already. */
export async function refuseExisting(paths: readonly string[], io: Io): Promise<void> {
  for (const path of paths) {
    const isThere = await io.files.stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw usageFailure(`${path} is there already.`, 'Choose another file, or add "--yes" to replace it.');
  }
}
