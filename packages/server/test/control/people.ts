/** People who have signed in, as the control API meets them: real keys and rows, and tokens as the issuer signs them. */
import { createPrivateKey, sign } from 'node:crypto';
import type { Id } from '@tulou/contract';
import { ensureKeys, readKeys, type IssuerRef } from '../../src/identity/keys/keys.ts';
import { openVault } from '../../src/kernel/seal.ts';
import { controlResource, controlScope } from '../../src/identity/tokens/control.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import type { Store } from '../../src/store/store.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';

export const platformUrl = 'http://platform.test';

export const masterKey = Buffer.alloc(32, 5);

const vault = openVault(masterKey, random);

/** Other claims than those of a good token, or another head. */
export interface Wish {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly head?: Readonly<Record<string, unknown>>;
}

export interface People {
  /** A new person with these members. */
  make(email: string, members?: readonly string[]): Promise<Id<'user'>>;
  /** An access token of that person for the control API. */
  token(user: string, wish?: Wish): Promise<string>;
}

export function openPeople(store: Store, clock: Clock, issuer = platformUrl): People {
  const ref: IssuerRef = { issuer, tenantUuid: nilTenant };
  const deps = { store, clock, vault };
  const keys = ensureKeys(ref, deps).then(() => readKeys(ref, deps));
  return {
    async make(email, members = []) {
      const [id, now] = [newId('user', clock, random), new Date(clock.now())];
      await store.system('the scene of a test', async ({ sql }) => {
        await sql`insert into users (tenant_id, id, email, name, locale, created_at, updated_at)
          values (${nilTenant}, ${id}, ${email}, ${email}, 'en', ${now}, ${now})`;
        await sql`update members set user_id = ${id} where id = any(${[...members]})`;
      });
      return id;
    },
    async token(user, { claims = {}, head = {} } = {}) {
      const [key] = await keys;
      if (key === undefined) throw new Error('an issuer has keys');
      const iat = Math.floor(clock.now() / 1000);
      const body = {
        iss: issuer,
        aud: controlResource(platformUrl),
        sub: user,
        client_id: 'tulou-cli',
        scope: controlScope,
        jti: newId('request', clock, random),
        gid: `grant of ${user}`,
        iat,
        exp: iat + 300,
        ...claims,
      };
      const text = [{ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...head }, body].map(encode).join('.');
      const secret = createPrivateKey({ key: key.secretJwk, format: 'jwk' });
      const signature = sign('sha256', Buffer.from(text), { key: secret, dsaEncoding: 'ieee-p1363' });
      return `${text}.${signature.toString('base64url')}`;
    },
  };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
