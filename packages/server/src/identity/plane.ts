/** The identity server: people, users, issuers, connections, operators, and the OAuth 2 and OpenID Connect provider. */
import { counter, gauge, histogram } from '../kernel/metrics.ts';
import { plane } from '../operations/plane.ts';
import { settings } from './settings.ts';

export const metrics = {
  requests: counter('tulou_identity_requests_total', 'Requests of the identity server answered.', [
    'endpoint',
    'status',
  ]),
  seconds: histogram('tulou_identity_request_seconds', 'Time until the identity server has answered.', ['endpoint']),
  admitted: counter('tulou_identity_admitted_total', 'Requests admitted to work, by class.', ['class']),
  refused: counter('tulou_identity_refused_total', 'Requests refused before work, by class and reason.', [
    'class',
    'reason',
  ]),
  waiting: gauge('tulou_identity_waiting', 'Requests in the queue, by class.', ['class']),
  wait: histogram('tulou_identity_wait_seconds', 'Time in the queue until admission, by class.', ['class']),
} as const;

export const identity = plane({
  name: 'identity',
  settings,
  tables: [
    'users',
    'passkeys',
    'authenticators',
    'recovery_codes',
    'sign_ins',
    'sign_in_attempts',
    'identity_artifacts',
    'address_proofs',
    'invitations',
    'mails',
    'operators',
    'connections',
    'domains',
    'domain_owners',
    'issuers',
    'signing_keys',
  ],
  reads: ['tenants', 'members', 'apis', 'scopes', 'apps', 'clients', 'installations', 'approvals'],
  kinds: ['issuer'],
  metrics,
  needs: ['bindMember', 'releaseMembers'],
  gives: ['findSignedIn', 'inviteMember', 'mailMembers'],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
