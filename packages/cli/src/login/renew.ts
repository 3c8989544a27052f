/** Access tokens expire after minutes. A sign-in is renewed with its refresh token, which changes with each use. */
import * as oauth from 'oauth4webapi';
import { changeConfig, readConfig, type Config, type Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { authentication, client, discover, loginOf, speaking } from './issuer.ts';

/** A token that expires so soon may expire on its way. */
const marginSeconds = 20;

/** The access token of a context's sign-in, renewed if it has expired. */
export async function freshToken(name: string, io: Io): Promise<string> {
  const { login } = (await readConfig(io)).contexts[name] ?? {};
  return login !== undefined && isFresh(login, io) ? login.access_token : renew(name, (one) => isFresh(one, io), io);
}

/** Replaces a refused token: the platform may have revoked it before it expired. */
export function renewedToken(name: string, refused: string, io: Io): Promise<string> {
  return renew(name, ({ access_token: token }) => token !== refused, io);
}

const isFresh = ({ expires_at: until }: Login, io: Io): boolean => until - marginSeconds > io.now() / 1000;

/** Another command may have renewed the sign-in while this one waited: then its token is used. */
function renew(name: string, isGood: (login: Login) => boolean, io: Io): Promise<string> {
  return changeConfig(io, async (config) => {
    const context = config.contexts[name];
    const login = context?.login;
    if (context === undefined || login === undefined) throw signedOut(name);
    if (isGood(login)) return { config, result: login.access_token };
    const next = await refreshed(name, context.url, login, io);
    const contexts: Config['contexts'] = { ...config.contexts, [name]: { ...context, login: next } };
    return { config: { ...config, contexts }, result: next.access_token };
  });
}

async function refreshed(name: string, url: string, login: Login, io: Io): Promise<Login> {
  const { as, resource, options } = await discover(url, io);
  return speaking(url, async () => {
    const refresh = { ...options(), additionalParameters: { resource } };
    const response = await oauth.refreshTokenGrantRequest(as, client, authentication, login.refresh_token, refresh);
    try {
      return loginOf(await oauth.processRefreshTokenResponse(as, client, response), io);
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') throw signedOut(name);
      throw error;
    }
  });
}

const signedOut = (name: string): Failure =>
  new Failure(say`Your sign-in at "${name}" has ended`, { exit: 'denied', help: say`Run: tulou login ${name}` });

/** Ends the sign-in at the platform: it revokes the tokens (RFC 7009). */
export async function revoke(url: string, login: Login, io: Io): Promise<void> {
  const { as, options } = await discover(url, io);
  await speaking(url, async () => {
    const response = await oauth.revocationRequest(as, client, authentication, login.refresh_token, options());
    await oauth.processRevocationResponse(response);
  });
}
