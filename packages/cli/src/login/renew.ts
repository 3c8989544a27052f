/** Access tokens live minutes; a sign-in lives on by its refresh token, which is another one after each use. */
import * as oauth from 'oauth4webapi';
import { changeConfig, readConfig, type Config, type Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { authentication, client, discover, loginOf, speaking } from './issuer.ts';

/** A token that ends so soon may end on its way. */
const marginSeconds = 20;

/** The access token of a context's sign-in, renewed where it has ended. */
export async function freshToken(name: string, io: Io): Promise<string> {
  const { login } = (await readConfig(io)).contexts[name] ?? {};
  return login !== undefined && isFresh(login, io) ? login.access_token : renew(name, (one) => isFresh(one, io), io);
}

/** One in place of a token that was refused: the platform may know it to be over before its time. */
export function renewedToken(name: string, refused: string, io: Io): Promise<string> {
  return renew(name, ({ access_token: token }) => token !== refused, io);
}

const isFresh = ({ expires_at: until }: Login, io: Io): boolean => until - marginSeconds > io.now() / 1000;

/** Whoever waited for another command may find that it has done it: then that token is taken. */
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
  new Failure(`You are not signed in at "${name}" any more`, { exit: 'denied', help: `Run: tulou login ${name}` });

/** Ends the sign-in at the platform: its tokens are refused from then on (RFC 7009). */
export async function revoke(url: string, login: Login, io: Io): Promise<void> {
  const { as, options } = await discover(url, io);
  await speaking(url, async () => {
    const response = await oauth.revocationRequest(as, client, authentication, login.refresh_token, options());
    await oauth.processRevocationResponse(response);
  });
}
