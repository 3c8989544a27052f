/**
 * Handles a person who sends a form, or returns to the request of a device, in a browser that has no (or no longer any) state
 * of it.
 */
import type Provider from 'oidc-provider';
import { routes } from './configuration.ts';

/**
 * Sends them to where the code is typed in. oidc-provider would show them that form itself, and fail at keeping the session that
 * it has made for it.
 */
export function mendDeviceReturn(provider: Provider): void {
  provider.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const { session } = (ctx as { oidc?: { session?: { readonly exp?: unknown } } }).oidc ?? {};
      const isOfDevice = `${ctx.path}/`.startsWith(`${routes.code_verification}/`);
      if (!isOfDevice || session === undefined || session.exp !== undefined) throw error;
      ctx.redirect(routes.code_verification);
      ctx.status = 303;
    }
  });
}
