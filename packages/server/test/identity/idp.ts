/** A tenant's own identity provider, as small as OpenID Connect allows. It can be set to misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';

export interface Idp {
  readonly issuer: string;
  /** The claims of the ID token for the next person. */
  claims: JWTPayload;
  /** Invalid claims of the ID token. */
  twist: JWTPayload;
  /** Parameters that are added to the redirect to the client. */
  back: Readonly<Record<string, string>>;
  /** ID tokens are signed with a key that is not in the key set. */
  forged: boolean;
  /** The requests received, as `METHOD /path`. */
  readonly seen: string[];
  /** The last authorization request. */
  asked: URLSearchParams;
  close(): Promise<void>;
}

export const idpClient = { id: 'tulou', secret: 'a secret of the provider' } as const;

export async function startIdp(): Promise<Idp> {
  const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
  const nonces = new Map<string, string>();
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const idp: Idp = {
    issuer,
    claims: { sub: 'nobody' },
    twist: {},
    back: {},
    forged: false,
    seen: [],
    asked: new URLSearchParams(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve()).closeAllConnections();
      }),
  };
  const discovery = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    idp.asked = query;
    const back = new URL(query.get('redirect_uri') ?? '');
    const code = `code-${nonces.size}`;
    nonces.set(code, query.get('nonce') ?? '');
    for (const [name, value] of Object.entries({ code, state: query.get('state') ?? '', ...idp.back }))
      back.searchParams.set(name, value);
    response.writeHead(302, { location: back.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const basic = [idpClient.id, idpClient.secret].map((part) => encodeURIComponent(part).replaceAll('%20', '+'));
    const expected = `Basic ${Buffer.from(basic.join(':')).toString('base64')}`;
    const code = new URLSearchParams(text).get('code') ?? '';
    const nonce = nonces.get(code);
    if (request.headers.authorization !== expected || nonce === undefined)
      return void json(response, 400, { error: 'invalid_grant' });
    nonces.delete(code);
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: idpClient.id, iat: now, exp: now + 60, nonce, ...idp.claims, ...idp.twist };
    const key = idp.forged ? other.privateKey : own.privateKey;
    const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(key);
    json(response, 200, { access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token: signed });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', issuer);
    idp.seen.push(`${request.method ?? ''} ${url.pathname}`);
    if (url.pathname === '/.well-known/openid-configuration') return json(response, 200, discovery);
    if (url.pathname === '/jwks') return json(response, 200, { keys: [jwk] });
    if (url.pathname === '/authorize') return authorize(url.searchParams, response);
    if (url.pathname === '/token') return token(request, response);
    return json(response, 404, {});
  }
  return idp;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
