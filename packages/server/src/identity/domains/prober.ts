/** Looks for the challenge of a domain, where only its owner can publish it. */
import type { GuardedFetch } from '../outbound/guarded-fetch.ts';

export type Proof = 'dns' | 'http';

export interface Challenge {
  readonly host: string;
  readonly token: string;
}

/** The TXT records of a name, each in its parts; rejects where there are none. */
export type ResolveTxt = (name: string) => Promise<readonly (readonly string[])[]>;

export interface ProberDeps {
  readonly resolveTxt: ResolveTxt;
  /** Bounded in time and size, and follows no redirect. */
  readonly fetch: GuardedFetch;
}

/** How the challenge was found; undefined: it was not. */
export type Prove = (challenge: Challenge) => Promise<Proof | undefined>;

export const recordName = (host: string): string => `_tulou-challenge.${host}`;
export const challengeUrl = ({ host, token }: Challenge): string =>
  `http://${host}/.well-known/tulou-challenge/${token}`;

export const openProber =
  ({ resolveTxt, fetch }: ProberDeps): Prove =>
  async (challenge) => {
    if (await isTrue(() => isInDns(challenge, resolveTxt))) return 'dns';
    return (await isTrue(() => isOnPage(challenge, fetch))) ? 'http' : undefined;
  };

async function isInDns({ host, token }: Challenge, resolveTxt: ResolveTxt): Promise<boolean> {
  const records = await resolveTxt(recordName(host));
  return records.some((parts) => parts.join('') === token);
}

async function isOnPage(challenge: Challenge, fetch: GuardedFetch): Promise<boolean> {
  const response = await fetch(challengeUrl(challenge));
  return response.status === 200 && (await response.text()).trim() === challenge.token;
}

/** An unreachable server proves nothing. */
const isTrue = (look: () => Promise<boolean>): Promise<boolean> => look().catch(() => false);
