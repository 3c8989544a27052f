/** Releases a new revision: with all calls, or with a part of them beside the revision that has most of them now. */
import { releases } from '@tulou/contract/operations/releases';
import type { z } from 'zod';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { say } from '../language/say.ts';
import { callTo } from '../operations/reads.ts';

type Release = z.output<(typeof releases)['get']['output']>;

interface Target {
  readonly client: Client;
  readonly tenant: string;
  readonly service: string;
}

/** Throws where a part is asked for and there is no release whose revision could take the rest, or another release came first. */
export async function releaseRevision(
  { client, tenant, service }: Target,
  environment: string,
  revision: string,
  weight: number,
): Promise<void> {
  const params = { tenant, service };
  if (weight === 100) {
    const body = { environment, weights: [{ revision, weight }] };
    await client.call(callTo(releases.create, params, { body }));
    return;
  }
  const now = await currentRelease({ client, tenant, service }, environment);
  const [most] = now.release.weights.toSorted((a, b) => b.weight - a.weight);
  const rest = { revision: most?.revision, weight: 100 - weight };
  const body = { environment, weights: [{ revision, weight }, rest] };
  const ifMatch = now.etag === undefined ? {} : { ifMatch: now.etag };
  await client.call(callTo(releases.create, params, { body, ...ifMatch }));
}

/** The release in force. Throws if there is none: the other calls of a canary need a revision. */
export async function currentRelease(
  { client, tenant, service }: Target,
  environment: string,
): Promise<{ release: Release; etag: string | undefined }> {
  try {
    const { json, etag } = await client.call(callTo(releases.get, { tenant, service, release: environment }));
    return { release: json as Release, etag };
  } catch (error) {
    if (!(error instanceof Failure && error.facts.exit === 'missing')) throw error;
    throw new Failure(say`${service} has no release in ${environment} whose revision could take the other calls`, {
      exit: 'conflict',
      help: 'Deploy without "--weight" first.',
    });
  }
}
