/** Mailed links by which somebody shows that an address is theirs. Each is good once, for an hour. */
import { equalHashes, sha256 } from '../../kernel/hash.ts';
import type { Clock } from '../../kernel/clock.ts';
import { uuidV7, type Random } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';

export type Purpose = 'sign_up' | 'reset' | 'move';

export interface Proof {
  readonly id: string;
  /** The address that is shown to be theirs. */
  readonly email: string;
  /** The owner of the account. */
  readonly user: string | undefined;
  /** The interaction of oidc-provider to return to. */
  readonly interaction: string | undefined;
}

export interface ProofRef {
  readonly id: string;
  readonly secret: string;
}

const lifeMs = 60 * 60_000;

const refShape = /^([0-9a-f-]{36})\.([\w-]{43})$/;

export const writeProofRef = ({ id, secret }: ProofRef): string => `${id}.${secret}`;

export function readProofRef(text: string): ProofRef | undefined {
  const [, id, secret] = refShape.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Makes one. Earlier ones for the same purpose and address are no longer valid. */
export async function makeProof(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  purpose: Purpose,
  about: Omit<Proof, 'id'>,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<ProofRef> {
  const { email, user = null, interaction = null } = about;
  const [id, now] = [uuidV7(clock, random), clock.now()];
  const secret = Buffer.from(random.bytes(32)).toString('base64url');
  await sql`
    delete from address_proofs where tenant_id = ${tenantUuid} and purpose = ${purpose} and email = ${email}`;
  await sql`
    insert into address_proofs (tenant_id, id, purpose, email, user_id, secret_hash, interaction, expires_at, created_at)
    values (${tenantUuid}, ${id}, ${purpose}, ${email}, ${user}, ${sha256(secret)}, ${interaction},
            ${new Date(now + lifeMs)}, ${new Date(now)})`;
  return { id, secret };
}

/** The proof of a link, locked until the transaction ends. Undefined: unknown, used, replaced or too old. */
export async function findProof(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  purpose: Purpose,
  ref: ProofRef,
  now: Date,
): Promise<Proof | undefined> {
  const [row] = await sql<{ email: string; user: string | null; interaction: string | null; hash: string }[]>`
    select email, user_id as user, interaction, secret_hash as hash from address_proofs
    where tenant_id = ${tenantUuid} and id = ${ref.id} and purpose = ${purpose} and expires_at > ${now} for update`;
  if (row === undefined || !equalHashes(row.hash, sha256(ref.secret))) return undefined;
  return { id: ref.id, email: row.email, user: row.user ?? undefined, interaction: row.interaction ?? undefined };
}

/** Uses it up. False: another was first. */
export async function spendProof({ sql }: TenantTx, { tenantUuid }: IssuerRef, { id }: Proof): Promise<boolean> {
  const { count } = await sql`delete from address_proofs where tenant_id = ${tenantUuid} and id = ${id}`;
  return count === 1;
}
