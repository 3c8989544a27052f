/** Combinations of fields that an OAuth client cannot have. The platform has the same rules. */
import type { Text } from '../language/say.ts';
import type { Change } from './changes.ts';
import type { Fault } from './refusals.ts';
import type { Fields } from './resource.ts';
import type { World } from './world.ts';

const device = 'urn:ietf:params:oauth:grant-type:device_code';
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

interface Client {
  readonly authentication: unknown;
  readonly grants: readonly string[];
  readonly fields: Fields;
}

const isFilled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : (value ?? null) !== null);
const signsIn = ({ grants }: Client): boolean => grants.includes('authorization_code') || grants.includes(device);

const rules: readonly (readonly [pointer: string, message: Text, isBroken: (client: Client) => boolean])[] = [
  [
    '/grant_types',
    'a client without authentication cannot use client_credentials or token exchange',
    ({ authentication, grants }) =>
      authentication === 'none' && (grants.includes('client_credentials') || grants.includes(exchange)),
  ],
  [
    '/grant_types',
    'refresh_token needs authorization_code or the device code',
    (client) => client.grants.includes('refresh_token') && !signsIn(client),
  ],
  [
    '/redirect_uris',
    'authorization_code needs at least one redirect URI',
    ({ grants, fields }) => grants.includes('authorization_code') && !isFilled(fields['redirect_uris']),
  ],
  [
    '/jwks',
    'private_key_jwt needs keys, and other methods have none',
    ({ authentication, fields }) => (authentication === 'private_key_jwt') !== isFilled(fields['jwks']),
  ],
  [
    '/tls_subject',
    'tls_client_auth needs a subject, and other methods have none',
    ({ authentication, fields }) => (authentication === 'tls_client_auth') !== isFilled(fields['tls_subject']),
  ],
  [
    '/certificate_bound',
    'tokens are bound to a certificate only with tls_client_auth, and without dpop_bound',
    ({ authentication, fields }) =>
      fields['certificate_bound'] === true && (authentication !== 'tls_client_auth' || fields['dpop_bound'] === true),
  ],
  [
    '/backchannel_logout_uri',
    'a logout needs a grant type in which people sign in',
    (client) =>
      !signsIn(client) &&
      (isFilled(client.fields['backchannel_logout_uri']) || isFilled(client.fields['post_logout_redirect_uris'])),
  ],
];

export function clientFaults({ resource, action, address }: Change, world: World): Fault[] {
  if (resource.kind !== 'client' || action === 'delete') return [];
  const fields = world.after(address)?.fields ?? resource.fields;
  const { authentication, grant_types: grants = [] } = fields;
  const client: Client = { authentication, grants: grants as readonly string[], fields };
  return rules.filter(([, , isBroken]) => isBroken(client)).map(([pointer, message]) => ({ pointer, message }));
}
