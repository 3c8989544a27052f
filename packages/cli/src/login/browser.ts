/** Signing in by a browser on this machine: code and PKCE, back to a loopback address (RFC 8252 §7.3). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oauth from 'oauth4webapi';
import type { Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { inLanguage, say } from '../language/say.ts';
import { printText } from '../terminal/print.ts';
import { authentication, client, loginOf, scope, speaking, type Issuer } from './issuer.ts';

const timeoutMs = 5 * 60_000;

export async function loginByBrowser({ as, resource, options }: Issuer, io: Io): Promise<Login> {
  const verifier = oauth.generateRandomCodeVerifier();
  const challenge = await oauth.calculatePKCECodeChallenge(verifier);
  const state = oauth.generateRandomState();
  await using door = await openDoor(state, io);
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
  printText(say`Sign in with your browser. If it does not open, go to:\n\n  ${url}\n`, io.stderr, io);
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
  /** The parameters of the callback. Rejects if the browser does not return in time. */
  readonly callback: Promise<URLSearchParams>;
}

/** Waits on a free port for the one callback with this state. Every other request is refused. */
async function openDoor(state: string, io: Io): Promise<Door> {
  const { promise: callback, resolve, reject } = Promise.withResolvers<URLSearchParams>();
  callback.catch(() => undefined);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isIt = request.method === 'GET' && pathname === '/callback' && searchParams.get('state') === state;
    response
      .writeHead(isIt ? 200 : 404, headers)
      .end(isIt ? `${inLanguage('Return to your terminal. You can close this page.', io.env.language)}\n` : '');
    if (isIt) resolve(searchParams);
  });
  await listening(server);
  const onTimeout = (): void =>
    reject(
      new Failure('The sign-in timed out', { exit: 'denied', help: 'Without a browser: "tulou login --device".' }),
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

/** The address of the page contains the code: no other page may learn it. */
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
