/** Where the identity server meets the platform's listener. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const discovery = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/** Whether requests for this path are the identity server's. */
export const ownsPath = (path: string): boolean =>
  path.startsWith('/oauth2/') || path.startsWith('/account/') || path === '/account' || discovery.includes(path);

/** Whether people's pages answer, not the protocol. */
export const isPage = (path: string): boolean =>
  path.startsWith('/oauth2/interaction/') || path.startsWith('/account/') || path === '/account';

/** The name of an endpoint in metrics: one of a fixed list, whatever was sent. */
export function endpointOf(path: string): string {
  if (isPage(path)) return path.startsWith('/account') ? 'account' : 'interaction';
  if (discovery.includes(path)) return 'discovery';
  const name = path.slice('/oauth2/'.length).split('/', 1)[0] ?? '';
  return protocolEndpoints.has(name) ? name : 'other';
}

const protocolEndpoints = new Set([
  'authorize',
  'token',
  'jwks',
  'userinfo',
  'introspect',
  'revoke',
  'par',
  'device_authorization',
  'device',
  'logout',
]);

/** oidc-provider reads up to 56 KiB; what announces more is not read at all. */
export const bodyBytesMax = 56 * 1024;

const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'];

/**
 * oidc-provider builds URLs from Host and the forwarded fields: the client that sends them would choose the issuer's name.
 * Therefore they are set from the issuer.
 */
export function pinToIssuer(message: IncomingMessage, issuer: string): void {
  const { host, protocol } = new URL(issuer);
  for (const name of forwarded) delete message.headers[name];
  message.headers.host = host;
  message.headers['x-forwarded-proto'] = protocol.slice(0, -1);
}

const headers = {
  'cache-control': 'no-store',
  // `script-src` without a source allows none; oidc-provider adds the hash of its own script to it where it needs one, on the
  // pages that send a form on by themselves (`response_mode=form_post`, another person signing in).
  'content-security-policy': "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** For every answer; what a page or an endpoint says about itself stands instead. */
export function protect(response: ServerResponse, requestId: string): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('tulou-request-id', requestId);
}
