/** Passwords, kept as Argon2id (RFC 9106) in the PHC string format. */
import { argon2, timingSafeEqual } from 'node:crypto';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { openHashing, type HashedFor, type Hashing, type Place } from './hashing.ts';

/** The second choice of OWASP's password storage guide: 19 MiB, two passes. */
const parameters = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const saltBytes = 16;
const tagBytes = 32;

export const passwordCharactersMin = 12;
export const passwordCharactersMax = 256;

export interface Verdict {
  readonly right: boolean;
  /** Right, but hashed with other parameters than today's: it must be hashed again. */
  readonly stale: boolean;
}

export interface Passwords {
  /** The text to keep. Throws a refusal where too many wait. Without `whose`, only the whole queue is bounded. */
  keep(password: string, whose?: HashedFor): Promise<string>;
  /** Whether it is the password that was kept. Does the same work where none was kept (and says no). */
  verify(kept: string | undefined, password: string, whose?: HashedFor): Promise<Verdict>;
  /** Reserves a place before anything else is done, and releases it after the work. Throws a refusal if there is none. */
  within<T>(whose: HashedFor | undefined, work: (hasher: Hasher) => Promise<T>): Promise<T>;
}

/** `keep` and `verify` of one who has a place. */
export interface Hasher {
  keep(password: string): Promise<string>;
  verify(kept: string | undefined, password: string): Promise<Verdict>;
}

interface Kept {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

export function openPasswords(
  random: Random,
  clock: Clock = systemClock,
  hashing: Hashing = openHashing(clock),
): Passwords {
  const nobody: Kept = { ...parameters, salt: Buffer.from(random.bytes(saltBytes)), tag: Buffer.alloc(tagBytes) };
  const within: Passwords['within'] = async (whose, work) => {
    const place = hashing.reserve(whose);
    try {
      return await work(hasherAt(place, nobody, random));
    } finally {
      place.leave();
    }
  };
  return {
    within,
    keep: (password, whose) => within(whose, ({ keep }) => keep(password)),
    verify: (kept, password, whose) => within(whose, ({ verify }) => verify(kept, password)),
  };
}

const hasherAt = (place: Place, nobody: Kept, random: Random): Hasher => ({
  async keep(password) {
    const salt = Buffer.from(random.bytes(saltBytes));
    return write(salt, await place.hash(() => derive(password, { ...parameters, salt, tag: nobody.tag })));
  },
  async verify(kept, password) {
    const known = kept === undefined ? undefined : read(kept);
    const against = known ?? nobody;
    const tag = await place.hash(() => derive(password, against));
    const right = timingSafeEqual(tag, against.tag) && known !== undefined;
    const stale = right && !isOfToday(against);
    return { right, stale };
  },
});

const isOfToday = ({ memory, passes, parallelism }: Kept): boolean =>
  memory === parameters.memory && passes === parameters.passes && parallelism === parameters.parallelism;

function derive(password: string, { salt, tag, ...costs }: Kept): Promise<Buffer> {
  // The same character can be typed in several ways: what looks the same is the same (NIST SP 800-63B §3.1.1.2).
  const message = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength: tag.length, ...costs }, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function write(salt: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;
}

const shape = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function read(kept: string): Kept {
  const [, memory, passes, parallelism, salt = '', tag = ''] = shape.exec(kept) ?? [];
  if (memory === undefined) throw new Error('a kept password is not an Argon2id PHC string');
  const costs = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return { ...costs, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}
