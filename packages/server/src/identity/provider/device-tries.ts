/** How often somebody may be wrong about the code that a device shows (RFC 8628 §5.1). */
import type Provider from 'oidc-provider';
import { clientOf } from '../../http/trusted-proxies.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { admitAttempt, deviceAttemptOf, forgiveAttempt } from '../people/attempts.ts';
import { routes } from './configuration.ts';
import type { Pages } from './pages.ts';
import { asPlatform } from '../system-wide.ts';

interface TryDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/** Each code counts before it is looked for; the count of a correct code is undone. */
export function boundDeviceTries(provider: Provider, issuer: IssuerRef, pages: Pages, { store, clock }: TryDeps): void {
  provider.use(async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== routes.code_verification) return void (await next());
    const attempt = deviceAttemptOf(issuer, clientOf(ctx.req).address, new Date(clock.now()));
    const waitMs = await asPlatform(store, 'attempts', (tx) => admitAttempt(tx, attempt));
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      ctx.status = 429;
      ctx.set('retry-after', String(seconds));
      return pages.deviceWait(ctx, seconds);
    }
    await next();
    if (!pages.wasWrongCode(ctx)) await asPlatform(store, 'attempts', (tx) => forgiveAttempt(tx, attempt));
  });
}
