/** Signing in by a browser on this machine: code and PKCE, back to a loopback address (RFC 8252 §7.3). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oauth from 'oauth4webapi';
import type { Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { authentication, client, loginOf, scope, speaking, type Issuer } from './issuer.ts';

const timeoutMs = 5 * 60_000;

export async function loginByBrowser({ as, resource, options }: Issuer, io: Io): Promise<Login> {
  const verifier = oauth.generateRandomCodeVerifier();
  const challenge = await oauth.calculatePKCECodeChallenge(verifier);
  const state = oauth.generateRandomState();
  await using door = await openDoor(state);
  const query = {
    client_id: client.client_id,
    response_type: 'code',
    prompt: 'consent',
    redirect_uri: door.redirectUri,
    scope,
    resource,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  const url = `${as.authorization_endpoint ?? ''}?${new URLSearchParams(query).toString()}`;
  io.stderr.write(`Sign in with your browser. If it does not open by itself, go to:\n\n  ${url}\n\n`);
  io.browse(url);
  const callback = await door.callback;
  return await speaking(as.issuer, async () => {
    const parameters = oauth.validateAuthResponse(as, client, callback, state);
    const redeem = { ...options(), additionalParameters: { resource } };
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      parameters,
      door.redirectUri,
      verifier,
      redeem,
    );
    return loginOf(await oauth.processAuthorizationCodeResponse(as, client, response), io);
  });
}

interface Door extends AsyncDisposable {
  readonly redirectUri: string;
  /** The parameters with which the browser came back. Rejects where it does not come. */
  readonly callback: Promise<URLSearchParams>;
}

/** Waits on a free port for the one answer that knows the state; whatever else comes is not let in. */
async function openDoor(state: string): Promise<Door> {
  const { promise: callback, resolve, reject } = Promise.withResolvers<URLSearchParams>();
  callback.catch(() => undefined);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isIt = request.method === 'GET' && pathname === '/callback' && searchParams.get('state') === state;
    response
      .writeHead(isIt ? 200 : 404, headers)
      .end(isIt ? 'Go back to your terminal. You can close this page.\n' : '');
    if (isIt) resolve(searchParams);
  });
  await listening(server);
  const onTimeout = (): void =>
    reject(
      new Failure('Nobody signed in in time', { exit: 'denied', help: 'Without a browser: "tulou login --device".' }),
    );
  const signal = AbortSignal.timeout(timeoutMs);
  signal.addEventListener('abort', onTimeout);
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    callback,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onTimeout);
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The address of the page holds the code: nothing else may learn it. */
const headers = {
  'content-type': 'text/plain; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  connection: 'close',
} as const;

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
