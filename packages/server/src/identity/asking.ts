/** One interaction of oidc-provider with the person who was sent to it, as its steps see it. */
import type { Provider } from 'oidc-provider';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Store } from '../store/store.ts';
import type { Act } from '../operations/acting.ts';
import type { Audit } from './acting.ts';
import type { Providers } from './federation/provider.ts';
import type { Offers } from '../operations/offers.ts';
import type { Vault } from '../kernel/seal.ts';
import type { Visit } from './web/visit.ts';
import type { Challenges } from './people/challenges.ts';
import type { Passwords } from './people/password.ts';
import type { Asker, Parameters } from './requests/request.ts';

/** The dependencies of all pages. */
export interface PromptDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly vault: Vault;
  readonly challenges: Challenges;
  readonly passwords: Passwords;
  readonly act: Act;
  readonly audit: Audit;
  readonly bindMember: Offers['bindMember'];
  /** A mail domain counts only where its tenant has verified it. */
  readonly provenDomainsOnly?: boolean | undefined;
  readonly log: Log;
  readonly providers: Providers;
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

/** The interaction, and all that its pages are made of. */
export interface Asking {
  readonly visit: Visit;
  readonly provider: Provider;
  readonly details: Details;
  readonly parameters: Parameters;
  readonly asker: Asker;
}

export type Form = ReadonlyMap<string, string>;

/** One question to a person: its page, and the handler of its form. */
export interface Step {
  show(asking: Asking, deps: PromptDeps): Promise<void>;
  take(asking: Asking, form: Form, deps: PromptDeps): Promise<void>;
}
