/** The user that PostgreSQL runs as: it refuses to run as root. */
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { OperatorError } from '../../kernel/operator-error.ts';

/** Another user than this process's. Ids as `spawn` takes them: signed, as in macOS's `nobody`, -2. */
export interface OtherUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Undefined: PostgreSQL runs as this process's own user. As root: as the owner of data that is already there, else
 * `tulou` where the machine has such a user, else `nobody`. It must be in passwd, or initdb refuses.
 */
export async function databaseUser(existingData: string): Promise<OtherUser | undefined> {
  if (process.getuid?.() !== 0) return requireName();
  const users = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  const owner = await stat(existingData).then(
    ({ uid }) => uid,
    () => undefined,
  );
  const user =
    users.find(({ uid }) => uid !== 0 && owner !== undefined && uid >>> 0 === owner) ??
    users.find(({ name }) => name === 'tulou') ??
    users.find(({ name }) => name === 'nobody');
  if (user !== undefined) return user;
  throw new OperatorError('no_database_user', 'PostgreSQL does not run as root, and there is no user `nobody` here.', {
    remedy: 'Start Tulou as a normal user, or add a user called `tulou`.',
  });
}

function requireName(): undefined {
  try {
    userInfo();
    return undefined;
  } catch (cause) {
    throw new OperatorError('user_without_name', `The user ${process.getuid?.()} has no entry in /etc/passwd.`, {
      remedy:
        'PostgreSQL needs one: add the user, start as another, or set TULOU_DATABASE_URL to an outside PostgreSQL.',
      cause,
    });
  }
}

/** The users of a passwd file; lines that are none are passed over. */
export function parsePasswd(text: string): readonly OtherUser[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return /^-?\d+$/.test(uid) && /^-?\d+$/.test(gid) && name !== ''
      ? [{ name, uid: Number(uid) | 0, gid: Number(gid) | 0 }]
      : [];
  });
}
