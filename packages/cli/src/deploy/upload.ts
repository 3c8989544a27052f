/** Uploads an artifact in pieces. Pieces that the platform has already are not sent again. */
import { createHash } from 'node:crypto';
import { artifacts } from '@tulou/contract/operations/artifacts';
import type { z } from 'zod';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { callTo } from '../operations/reads.ts';

type Artifact = z.output<(typeof artifacts)['get']['output']>;

const pieceBytes = 4 * 1024 * 1024;
/** An upload that was lost begins again, so often. */
const restartsMax = 2;

/**
 * Uploads the archive and returns its artifact. `tell` is called with the bytes that have arrived. `isLost`: the platform knows
 * the artifact, and no longer has its content.
 */
export async function upload(
  client: Client,
  tenant: string,
  archive: Buffer,
  tell: (received: number) => void,
  isLost = false,
): Promise<Artifact> {
  const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
  let artifact = (await find(client, tenant, digest)) ?? (await begin(client, tenant, digest, archive));
  if (isLost) artifact = await append(client, tenant, artifact, archive, 0);
  for (let restarts = 0; artifact.state !== 'complete';) {
    tell(artifact.received_bytes);
    try {
      artifact = await append(client, tenant, artifact, archive, artifact.received_bytes);
    } catch (error) {
      if (!(error instanceof Failure) || error.facts.code !== 'state_conflict' || restarts === restartsMax) throw error;
      restarts += 1;
      artifact = await append(client, tenant, artifact, archive, 0);
    }
  }
  tell(archive.length);
  return artifact;
}

async function find(client: Client, tenant: string, digest: string): Promise<Artifact | undefined> {
  const query = new URLSearchParams({ digest });
  const { json } = await client.call(callTo(artifacts.list, { tenant }, { query }));
  return (json as { items: Artifact[] }).items[0];
}

async function begin(client: Client, tenant: string, digest: string, archive: Buffer): Promise<Artifact> {
  const content = archive.subarray(0, pieceBytes).toString('base64');
  const body = { digest, size_bytes: archive.length, content };
  return (await client.call(callTo(artifacts.create, { tenant }, { body }))).json as Artifact;
}

async function append(
  client: Client,
  tenant: string,
  { id: artifact }: Artifact,
  archive: Buffer,
  offset: number,
): Promise<Artifact> {
  const body = { offset, content: archive.subarray(offset, offset + pieceBytes).toString('base64') };
  return (await client.call(callTo(artifacts.update, { tenant, artifact }, { body }))).json as Artifact;
}
