/**
 * The keys with which gateways sign `Tulou-Assertion`: each registers its own, and everyone may read them. A gateway that
 * registers is given the fleet key.
 */
import { isId, Problem } from '@tulou/contract';
import { z } from 'zod';
import { readJson } from '../http/body.ts';
import { json, type HttpAnswer, type HttpRequest } from '../http/message.ts';
import type { Params } from '../http/routes.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Deps } from '../operations/handler.ts';
import type { SystemTx } from '../store/store.ts';

/** A public Ed25519 key (RFC 8037 §2), and nothing else: a private member is refused. */
const registration = z.strictObject({
  public_jwk: z.object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    d: z.undefined().optional(),
  }),
});

const registrationBytesMax = 4096;
/** The assertion key of a gateway that was not seen for so long is no longer published. */
const seenDays = 7;

interface FleetDeps extends Deps {
  /** The secret that all gateways share (kernel/fleet-key.ts). */
  readonly fleetKey: Uint8Array;
}

/** `PUT /internal/v1/gateways/{gateway}` `{public_jwk}` → `{fleet_key}` */
export const registerGateway =
  (deps: FleetDeps) =>
  async (request: HttpRequest, params: Params): Promise<HttpAnswer> => {
    const id = params['gateway'] ?? '';
    if (!isId('gateway', id)) throw new Problem('not_found');
    const parsed = registration.safeParse(await readJson(request, registrationBytesMax));
    if (!parsed.success) throw new Problem('invalid_request', { detail: 'needs `public_jwk`, a public Ed25519 key' });
    const { kty, crv, x } = parsed.data.public_jwk;
    // RFC 7638 §3: the required members in the order of their names.
    const thumbprint = sha256(JSON.stringify({ crv, kty, x }));
    const now = new Date(deps.clock.now());
    await deps.store.system('gateways belong to no tenant', async ({ sql }) => {
      await sql`
      insert into gateways (id, public_jwk, thumbprint, seen_at)
      values (${id}, ${JSON.stringify({ kty, crv, x })}::text::jsonb, ${thumbprint}, ${now})
      on conflict (id) do update
        set public_jwk = excluded.public_jwk, thumbprint = excluded.thumbprint, seen_at = excluded.seen_at`;
    });
    return json(200, { fleet_key: Buffer.from(deps.fleetKey).toString('base64url') });
  };

/** `GET /.well-known/tulou/assertion-keys.json`: a JWK set (RFC 7517 §5). */
export const assertionKeys = (deps: FleetDeps) => async (): Promise<HttpAnswer> => {
  const since = new Date(deps.clock.now() - seenDays * 86_400_000);
  const rows = await deps.store.system('gateways belong to no tenant', ({ sql }) => {
    return sql<{ public_jwk: object; thumbprint: string }[]>`
      select public_jwk, thumbprint from gateways where seen_at >= ${since} order by id`;
  });
  const keys = rows.map(({ public_jwk, thumbprint }) => ({ ...public_jwk, kid: thumbprint, alg: 'EdDSA', use: 'sig' }));
  return json(200, { keys }, { 'cache-control': 'public, max-age=60' });
};

/** A gateway that brings usage lives: its assertion key stays published. */
export async function gatewaySeen({ sql }: SystemTx, gateway: string, now: Date): Promise<void> {
  await sql`update gateways set seen_at = ${now} where id = ${gateway}`;
}
