/** The few pages that oidc-provider renders by itself. No script, no style of their own: the listener's policy forbids both. */
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const safe = (text: unknown): string => String(text).replaceAll(/[&<>"']/g, (found) => escapes[found] ?? '');

function show(ctx: KoaContextWithOIDC, title: string, body: string): void {
  ctx.type = 'html';
  ctx.body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title></head><body><main><h1>${safe(title)}</h1>${body}</main></body></html>`;
}

const nameOf = ({ oidc }: KoaContextWithOIDC): string => safe(oidc.client?.clientName ?? oidc.client?.clientId ?? '');

export const pages = {
  error(ctx: KoaContextWithOIDC, out: ErrorOut): void {
    const lines = [out.error, out.error_description].filter((line) => line !== undefined);
    show(ctx, 'This request cannot be served', lines.map((line) => `<p>${safe(line)}</p>`).join(''));
  },
  deviceInput(ctx: KoaContextWithOIDC, form: string, _out?: ErrorOut, error?: Error): void {
    const said = error === undefined ? 'Enter the code that your device shows.' : 'That code is not right. Try again.';
    const button = '<button type="submit" form="op.deviceInputForm">Continue</button>';
    // The policy of the pages lets no script run, this one neither.
    const plain = form.replace(/ onfocus="[^"]*"/, '');
    show(ctx, 'Connect a device', `<p>${said}</p>${plain}${button}`);
  },
  deviceConfirm(ctx: KoaContextWithOIDC, form: string, _client: unknown, _device: unknown, userCode: string): void {
    const body = `<p>${nameOf(ctx)} asks to act for you. Go on only if you began this yourself, just now, and your device shows
<strong>${safe(userCode)}</strong>.</p>${form}
<button type="submit" form="op.deviceConfirmForm">Continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button>`;
    show(ctx, 'Connect this device?', body);
  },
  deviceDone(ctx: KoaContextWithOIDC): void {
    show(ctx, 'The device is connected', `<p>${nameOf(ctx)} goes on by itself. You can close this page.</p>`);
  },
  logout(ctx: KoaContextWithOIDC, form: string): void {
    const body = `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`;
    show(ctx, 'Do you want to sign out?', body);
  },
  loggedOut(ctx: KoaContextWithOIDC): void {
    show(ctx, 'You are signed out', '');
  },
};
