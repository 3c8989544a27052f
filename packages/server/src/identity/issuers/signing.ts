/** The functions of an issuer's keys that control calls, inside its own transactions. */
import type { TenantTx } from '../../store/store.ts';
import { announce, openIssuer, removeKeyIn, rotateKeysIn, type IssuerRef, type KeyDeps } from '../keys/keys.ts';
import { listKeys, type SigningKey } from '../keys/rows.ts';

export interface Signing {
  open(tx: TenantTx, issuer: IssuerRef): Promise<void>;
  rotate(tx: TenantTx, issuer: IssuerRef): Promise<void>;
  revoke(tx: TenantTx, issuer: IssuerRef, kid: string): Promise<boolean>;
  list(tx: TenantTx, tenantUuid: string): Promise<readonly SigningKey[]>;
  close(tx: TenantTx, tenantUuid: string): Promise<void>;
}

export function openSigning(deps: Omit<KeyDeps, 'store'>): Signing {
  return {
    open: (tx, issuer) => openIssuer(tx, issuer, deps),
    rotate: (tx, issuer) => rotateKeysIn(tx, issuer, deps),
    revoke: (tx, issuer, kid) => removeKeyIn(tx, issuer, kid, deps),
    list: listKeys,
    close: closeIssuer,
  };
}

async function closeIssuer(tx: TenantTx, tenantUuid: string): Promise<void> {
  await tx.sql`delete from identity_artifacts where tenant_id = ${tenantUuid}`;
  await tx.sql`delete from address_proofs where tenant_id = ${tenantUuid}`;
  await tx.sql`delete from signing_keys where tenant_id = ${tenantUuid}`;
  await announce(tx);
}
