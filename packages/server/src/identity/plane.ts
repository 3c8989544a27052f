/** The identity server: people, users, issuers, connections, operators, and the OAuth 2 and OpenID Connect provider. */
import { counter, histogram } from '../kernel/metrics.ts';
import { plane } from '../operations/plane.ts';
import { settings } from './settings.ts';

export const metrics = {
  requests: counter('tulou_identity_requests_total', 'Requests of the identity server answered.', [
    'endpoint',
    'status',
  ]),
  seconds: histogram('tulou_identity_request_seconds', 'Time until the identity server has answered.', ['endpoint']),
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
  gives: ['findSignedIn', 'inviteMember'],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
