/** Each flow of the protocols, run by clients as the world has them: openid-client, and oauth4webapi beneath it. */
import type { CryptoKey } from 'jose';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { openIdClient } from './kit-openid-client.ts';
import { oauth4webapi } from './kit-oauth4webapi.ts';
import type { Browser } from './browser.ts';

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly scope: string | undefined;
}

/** Where and as whom a client runs its flows. */
export interface Setting {
  readonly issuer: IssuerRef;
  readonly clientId: string;
  /** How the client proves who it is. */
  readonly proof:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'key'; readonly key: CryptoKey; readonly kid: string }
    | { readonly kind: 'certificate'; readonly certificate: string }
    | { readonly kind: 'none' };
  /** Its tokens are bound to a key of its own (DPoP). */
  readonly bound?: boolean;
}

export interface CodeRequest {
  readonly scope: string;
  readonly resource?: string;
  /** The request goes to the server before the browser does (RFC 9126). */
  readonly pushed?: boolean;
  readonly details?: readonly object[];
  readonly browser: Browser;
}

/** One client, configured from the metadata of the issuer. Its library checks every answer. */
export interface Kit {
  readonly metadata: Readonly<Record<string, unknown>>;
  signIn(request: CodeRequest): Promise<Tokens>;
  refresh(refreshToken: string, resource: string): Promise<Tokens>;
  forItself(resource: string, scope?: string): Promise<Tokens>;
  /** The person at the device page is the one that `connect` names. */
  byDevice(scope: string, resource: string, connect: (uri: string, code: string) => Promise<void>): Promise<Tokens>;
  exchange(accessToken: string, scope: string): Promise<Tokens>;
  introspect(token: string): Promise<Readonly<Record<string, unknown>>>;
  revoke(token: string): Promise<void>;
  userInfo(accessToken: string, subject: string): Promise<Readonly<Record<string, unknown>>>;
  /** Where the browser goes to sign out. */
  logoutUrl(idToken: string, to: string, state: string): string;
}

export type OpenKit = (setting: Setting) => Promise<Kit>;

export const kits: Readonly<Record<string, OpenKit>> = { 'openid-client': openIdClient, oauth4webapi };
