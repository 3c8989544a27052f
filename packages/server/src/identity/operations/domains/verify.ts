import { Problem } from '@tulou/contract';
import type { domains } from '@tulou/contract/operations/domains';
import { must } from '../../../kernel/assert.ts';
import type { Handler } from '../../../operations/handler.ts';
import { crossing } from '../../system-wide.ts';
import type { IdentityDeps } from '../../deps.ts';
import { ownDomain } from '../../domains/owners.ts';
import { challengeUrl, recordName } from '../../domains/prober.ts';
import { findDomain, lockDomain, viewDomain, type DomainRow } from './domain.ts';

/** No transaction is open while the network is asked. */
export const verifyDomain: Handler<typeof domains.verify, IdentityDeps> = async (scope, { params }, deps, call) => {
  const { host, challenge: token } = await deps.store.tenant(scope, (tx) => findDomain(tx, params.domain));
  const method = await deps.prove({ host, token });
  return call.commit(async (tx) => {
    const row = await lockDomain(tx, params.domain);
    // Deleted and created again, it has another challenge.
    if (method === undefined || row.challenge !== token) throw unproven(host, token);
    const now = new Date(deps.clock.now());
    await crossing(tx, 'domains', (all) => ownDomain(all, { host, tenantUuid: scope.tenantUuid, method }, now));
    const [updated] = await tx.sql<DomainRow[]>`
      update domains set state = 'verified', method = ${method}, verified_at = ${now}, updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and id = ${row.id} returning *`;
    const after = viewDomain(must(updated, 'a locked row is there'));
    return { output: after, target: row.id, before: viewDomain(row), after };
  });
};

const unproven = (host: string, token: string): Problem =>
  new Problem('state_conflict', {
    detail: `The challenge of ${host} was not found: neither a TXT record ${token} at ${recordName(host)}, nor that text at ${challengeUrl({ host, token })}. Publish one of them; a new DNS record can take minutes to appear.`,
  });
