import type { Language } from '@tulou/contract';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { inLanguage, joined, ours, say, type Text } from '../language/say.ts';
import { printable } from './text.ts';

/** A change that the user must confirm. */
export interface Question {
  /** The action: `Delete the API "orders"`. */
  readonly what: Text;
  /** Its consequences, a sentence each. */
  readonly effects: readonly Text[];
  /** The user must type this word. Undefined: `y` is enough. */
  readonly word: string | undefined;
  /** The command line, for programs that cannot be asked. */
  readonly line: string;
}

/** Asks for confirmation. Refuses without a terminal, and names the exact line to type. */
export async function confirm({ what, effects, word, line }: Question, io: Io): Promise<void> {
  if (!io.stdin.isTty || !io.stderr.isTty) {
    throw new Failure(say`${ours(what)}: this command needs a confirmation`, {
      exit: 'usage',
      ...(effects.length === 0 ? {} : { detail: joined(effects, '\n') }),
      help: say`Without a terminal, run: ${line} --yes`,
    });
  }
  const { language } = io.env;
  const lines = [what, ...effects].map((one) => `${printable(inLanguage(one, language))}\n`).join('');
  const question = inLanguage(
    word === undefined ? 'Continue? [y/N] ' : say`Type "${printable(word)}" to continue: `,
    language,
  );
  const answer = (await io.stdin.line(lines + question))?.trim();
  const isYes = word === undefined ? isAgreement(answer, language) : answer === word;
  if (!isYes) throw new Failure('Canceled. Nothing was changed.', { exit: 'interrupted' });
}

const isAgreement = (answer: string | undefined, language: Language): boolean =>
  /^y(?:es)?$/i.test(answer ?? '') || (language === 'zh-CN' && /^是的?$/.test(answer ?? ''));

/** Throws if one of these files exists. */
export async function refuseExisting(paths: readonly string[], io: Io): Promise<void> {
  for (const path of paths) {
    const isThere = await io.files.stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw usageFailure(say`${path} already exists.`, 'Choose another file, or add "--yes" to replace it.');
  }
}
