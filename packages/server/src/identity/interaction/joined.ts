/**
 * Remembers the person who has just joined in this browser with their password: the next sign-in here does not ask for it
 * again. A sealed cookie keeps it, because no request of an app is in progress while somebody joins.
 */
import { z } from 'zod';
import type { Visit } from '../web/visit.ts';
import type { PromptDeps } from '../asking.ts';

const path = '/oauth2/interaction';
/** As long as a sign-in counts as fresh (account/self.ts). */
const seconds = 300;
const context = 'joined';
const shape = z.object({ user: z.string(), until: z.number() });

type Deps = Pick<PromptDeps, 'vault' | 'clock'>;

export function keepJoined(visit: Visit, user: string, { vault, clock }: Deps): void {
  const kept = { user, until: clock.now() + seconds * 1000 } satisfies z.input<typeof shape>;
  visit.setCookie('joined', vault.seal(JSON.stringify(kept), context).toString('base64url'), path, seconds);
}

/** Good once. */
export function takeJoined(visit: Visit, { vault, clock }: Deps): string | undefined {
  const given = visit.cookie('joined');
  if (given === undefined) return undefined;
  visit.setCookie('joined', '', path, 0);
  try {
    const { user, until } = shape.parse(JSON.parse(vault.open(Buffer.from(given, 'base64url'), context)));
    return until > clock.now() ? user : undefined;
  } catch {
    return undefined;
  }
}
