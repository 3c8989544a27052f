/** Rows of artifacts. */
import { limits, Problem, type Id, type Output } from '@tulou/contract';
import type { artifacts } from '@tulou/contract/operations/artifacts';
import type { TenantTx } from '../../store/store.ts';
import type { ContentStore } from '../content/store.ts';

export interface ArtifactRow {
  readonly id: Id<'artifact'>;
  readonly digest: string;
  readonly size_bytes: number;
  readonly received_bytes: number;
  readonly state: 'receiving' | 'complete';
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The artifact that an id or a digest names. Throws `not_found`. */
export async function findArtifact(tx: TenantTx, ref: string): Promise<ArtifactRow> {
  const [row] = await tx.sql<ArtifactRow[]>`
    select * from artifacts where tenant_id = ${tx.tenantUuid} and (id = ${ref} or digest = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** The same, locked until the end of the transaction: pieces of an upload follow one another, and no revision begins to need it. */
export async function lockArtifact(tx: TenantTx, ref: string): Promise<ArtifactRow> {
  const [row] = await tx.sql<ArtifactRow[]>`
    select * from artifacts where tenant_id = ${tx.tenantUuid} and (id = ${ref} or digest = ${ref}) for update`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** An artifact as its readers see it. */
export function viewArtifact(row: ArtifactRow): Output<typeof artifacts.get> {
  return {
    id: row.id,
    digest: row.digest,
    size_bytes: row.size_bytes,
    received_bytes: row.received_bytes,
    state: row.state,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** Throws `quota_exceeded` where these bytes would be more than a tenant may store. */
export async function holdBytes(tx: TenantTx, moreBytes: number): Promise<void> {
  const [row] = await tx.sql<{ bytes: number }[]>`
    select coalesce(sum(size_bytes), 0)::bigint as bytes from artifacts where tenant_id = ${tx.tenantUuid}`;
  const stored = row?.bytes ?? 0;
  const bytesMax = limits.artifactBytesPerTenantMax;
  if (stored + moreBytes <= bytesMax) return;
  throw new Problem('quota_exceeded', {
    detail: `The artifacts of this tenant have ${stored} bytes; with this one they would have more than ${bytesMax}. Delete old revisions and their artifacts.`,
  });
}

type Upload = Pick<ArtifactRow, 'id' | 'digest' | 'size_bytes'>;

/**
 * Writes a piece of an upload at its place and returns how much has arrived. With the last piece the content is verified and
 * complete. Throws `artifact_invalid` where there is too much of it, or where it is not what its digest says.
 */
export async function takePiece(content: ContentStore, upload: Upload, offset: number, text: string): Promise<number> {
  const piece = Buffer.from(text, 'base64');
  const received = offset + piece.length;
  if (received > upload.size_bytes) {
    await content.discard(upload.id);
    throw new Problem('artifact_invalid', {
      detail: `More than the ${upload.size_bytes} bytes of the artifact arrived.`,
    });
  }
  await content.gather(upload.id, offset, piece);
  if (received === upload.size_bytes) await content.complete(upload.id, upload.digest);
  return received;
}

export const stateAt = (received: number, { size_bytes }: Pick<Upload, 'size_bytes'>): ArtifactRow['state'] =>
  received === size_bytes ? 'complete' : 'receiving';
