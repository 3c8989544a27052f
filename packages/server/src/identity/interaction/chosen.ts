/** What somebody has chosen for an account of theirs: whether it will do. */
import type { Wrong } from '../web/layout.ts';
import type { Words } from '../web/words.ts';
import { passwordCharactersMax, passwordCharactersMin } from '../people/password.ts';

/** What is wrong with it, by field; undefined: nothing. */
export function judgeChosen(
  { name, password, email }: { readonly name?: string; readonly password: string; readonly email: string },
  { invitation: say }: Words,
): Wrong | undefined {
  const characters = Array.from(password).length;
  const wrong = {
    ...(name === '' ? { name: say.nameMissing } : {}),
    ...(characters < passwordCharactersMin ? { password: say.passwordShort(passwordCharactersMin) } : {}),
    ...(characters > passwordCharactersMax ? { password: say.passwordLong(passwordCharactersMax) } : {}),
    ...(password.trim().toLowerCase() === email ? { password: say.passwordIsEmail } : {}),
  };
  return Object.keys(wrong).length === 0 ? undefined : wrong;
}
