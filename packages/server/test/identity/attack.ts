/** Requests that an attacker sends by hand, and the visible parts of the answer. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { answerOf, type Answer } from './bare.ts';
import { openBrowser } from './browser.ts';
import { callback, type TestClient, type World } from './world.ts';

/** Pairs, for requests with a repeated name. */
export type Fields = Readonly<Record<string, string>> | readonly [string, string][];

export const formOf = (fields: Fields): string => new URLSearchParams(fields).toString();

/** One request, no redirect followed. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { ...init, redirect: 'manual' });
  return answerOf(response.status, response.headers, await response.text());
}

export function post(url: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return send(url, { method: 'POST', headers: { ...type, ...headers }, body: formOf(fields) });
}

/** The answer holds no token, and its status blames the caller. */
export function refused({ status, text, said }: Answer, error?: string): void {
  assert.ok(status >= 400 && status < 500, `${status} ${text}`);
  assert.doesNotMatch(text, /"(?:access|refresh|id)_token"/);
  if (error !== undefined) assert.equal(said['error'], error, text);
}

export const basic = ({ id, secret }: TestClient): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

export const verifier = 'attack-'.repeat(7);
export const challengeOf = (text: string): string => hash('sha256', text, 'base64url');
export const resourceOf = ({ tenant }: World): string => `urn:tulou:tenant:${tenant.id}`;

/** A valid authorization request. */
export const requestOf = (world: World, { id }: TestClient): Record<string, string> => ({
  client_id: id,
  response_type: 'code',
  redirect_uri: callback,
  scope: 'openid acme/orders:read acme/orders:refund',
  resource: resourceOf(world),
  state: 'the-state',
  code_challenge: challengeOf(verifier),
  code_challenge_method: 'S256',
});

/** Through the interaction to an address at the app, where `code` and all are. */
export async function authorize(
  world: World,
  client: TestClient,
  wish: Record<string, string> = {},
): Promise<URLSearchParams> {
  const query = formOf({ ...requestOf(world, client), ...wish });
  const { url } = await openBrowser(world.issuer).open(`${world.issuer}/oauth2/authorize?${query}`);
  return new URL(url).searchParams;
}

export const redemption = (code: string): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: callback,
  code_verifier: verifier,
});

/** Takes the whole way once. */
export async function signIn(world: World, client: TestClient): Promise<Record<string, string>> {
  const code = (await authorize(world, client)).get('code') ?? '';
  const { said } = await post(`${world.issuer}/oauth2/token`, redemption(code), basic(client));
  return said as Record<string, string>;
}
