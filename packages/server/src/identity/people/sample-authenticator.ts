/** An authenticator in software, as WebAuthn describes one (level 3, §6): for tests, which must be able to lie. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { systemRandom } from '../../kernel/random.ts';

/** The values in which the answer differs from the truth. */
export interface Lie {
  readonly origin?: string;
  readonly rpID?: string;
  readonly type?: string;
  readonly counter?: number;
  readonly userHandle?: string | undefined;
  readonly signature?: Buffer;
  readonly credentialId?: string;
}

interface Asked {
  readonly challenge: string;
  readonly rpID: string;
  readonly origin: string;
}

export interface SampleAuthenticator {
  readonly credentialId: string;
  /** The answer of a browser to `navigator.credentials.create`. */
  create(asked: Asked, lie?: Lie): string;
  /** And for `get`. `isVerified`: it has checked who holds it. */
  get(asked: Asked, isVerified: boolean, lie?: Lie): string;
}

const isPresent = 1;
const isUserVerified = 4;
const hasCredential = 64;

const sha256Of = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');

/** Counts its uses; `userHandle`: whom it says it is for. */
export function openSampleAuthenticator(userHandle: string): SampleAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = systemRandom.bytes(16);
  let counter = 0;
  const head = (rpID: string, flags: number, count: number): Buffer => {
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags, 0);
    tail.writeUInt32BE(count, 1);
    return Buffer.concat([sha256Of(rpID), tail]);
  };
  const clientData = (type: string, { challenge, origin }: Asked, lie: Lie): Buffer =>
    Buffer.from(
      JSON.stringify({ type: lie.type ?? type, challenge, origin: lie.origin ?? origin, crossOrigin: false }),
    );
  const answer = (credentialId: string, response: object): string =>
    JSON.stringify({ id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {}, response });
  return {
    credentialId: base64url(id),
    create(asked, lie = {}) {
      const flags = isPresent + isUserVerified + hasCredential;
      const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, coseKey(x, y)]);
      const authData = Buffer.concat([head(lie.rpID ?? asked.rpID, flags, 0), credential]);
      return answer(base64url(id), {
        clientDataJSON: base64url(clientData('webauthn.create', asked, lie)),
        attestationObject: base64url(attestationOf(authData)),
        transports: ['internal'],
      });
    },
    get(asked, isVerified, lie = {}) {
      counter += 1;
      const flags = isPresent + (isVerified ? isUserVerified : 0);
      const authData = head(lie.rpID ?? asked.rpID, flags, lie.counter ?? counter);
      const data = clientData('webauthn.get', asked, lie);
      const signature = lie.signature ?? sign('sha256', Buffer.concat([authData, sha256Of(data)]), privateKey);
      const handle = 'userHandle' in lie ? lie.userHandle : userHandle;
      return answer(lie.credentialId ?? base64url(id), {
        clientDataJSON: base64url(data),
        authenticatorData: base64url(authData),
        signature: base64url(signature),
        ...(handle === undefined ? {} : { userHandle: base64url(handle) }),
      });
    },
  };
}

/** CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9052, EC2 with P-256 and ES256). */
function coseKey(x: string, y: string): Buffer {
  const part = (key: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([key, 0x58, 32]), Buffer.from(value, 'base64url')]);
  return Buffer.concat([Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1]), part(0x21, x), part(0x22, y)]);
}

/** CBOR: {"fmt": "none", "attStmt": {}, "authData": …}. */
function attestationOf(authData: Buffer): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
  const length = Buffer.from([0x58, authData.length]);
  const parts = [
    Buffer.from([0xa3]),
    text('fmt'),
    text('none'),
    text('attStmt'),
    Buffer.from([0xa0]),
    text('authData'),
  ];
  return Buffer.concat([...parts, length, authData]);
}
