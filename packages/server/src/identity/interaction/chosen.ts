/** Validates the values that a person has chosen for their account. */
import { isPlainLine } from '@tulou/contract';
import type { Wrong } from '../web/layout.ts';
import type { Words } from '../web/words.ts';
import { passwordCharactersMax, passwordCharactersMin } from '../people/password.ts';
import { isGuessable } from '../people/guessable.ts';

export interface Chosen {
  readonly name?: string;
  readonly password: string;
  readonly email: string;
  /** Names of where the account is for: they are no password. */
  readonly about?: readonly string[];
}

/** The faults by field; undefined: there are none. */
export function judgeChosen(
  { name, password, email, about = [] }: Chosen,
  { invitation: say }: Words,
): Wrong | undefined {
  const characters = Array.from(password).length;
  const wrong = {
    ...(name === '' ? { name: say.nameMissing } : {}),
    ...(name !== undefined && !isPlainLine(name) ? { name: say.nameOdd } : {}),
    ...(isGuessable(password, [...about, name ?? '', email]) ? { password: say.passwordGuessable } : {}),
    ...(characters < passwordCharactersMin ? { password: say.passwordShort(passwordCharactersMin) } : {}),
    ...(characters > passwordCharactersMax ? { password: say.passwordLong(passwordCharactersMax) } : {}),
    ...(password.trim().toLowerCase() === email ? { password: say.passwordIsEmail } : {}),
  };
  return Object.keys(wrong).length === 0 ? undefined : wrong;
}
