/** Clients that come with the platform and belong to no tenant. Only the platform's own issuer knows them. */
import type { AdapterPayload } from 'oidc-provider';

export interface FirstParty {
  /** The name that people see when the client asks them. */
  readonly name: string;
  readonly metadata: AdapterPayload;
}

/**
 * A program on somebody's machine keeps no secret (RFC 8252): it has PKCE, and a person is asked each time that it comes by
 * a browser, as any program there could say that it is this one. Loopback addresses match with any port (§7.3).
 */
const commandLine: FirstParty = {
  name: 'Tulou CLI',
  metadata: {
    client_id: 'tulou-cli',
    client_name: 'Tulou CLI',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  },
};

/** Undefined: it is none of ours. */
export const findFirstParty = (clientId: string): FirstParty | undefined =>
  clientId === commandLine.metadata.client_id ? commandLine : undefined;
