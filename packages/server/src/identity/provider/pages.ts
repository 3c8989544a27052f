/** The few pages that oidc-provider shows by itself, as pages of ours. */
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { destinationOf } from '../requests/request.ts';
import type { Issuer } from '../issuers/issuer.ts';
import { brandOf } from '../web/brand.ts';
import { pageHeaders } from '../web/headers.ts';
import { languageOf } from '../web/language.ts';
import { renderPage, type Page } from '../web/layout.ts';
import { codePage, confirmPage, errorPage, logoutPage, type CodeFault, type Target } from './protocol-views.ts';
import { protocolWords, type ProtocolWords } from './protocol-words.ts';
import { notice } from '../web/views.ts';

/** The names that oidc-provider gives to the faults of a code. */
const faults: Readonly<Record<string, CodeFault>> = {
  NoCodeError: 'wrong',
  NotFoundError: 'wrong',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
  AbortedError: 'aborted',
};

type Shown = Pick<KoaContextWithOIDC, 'req' | 'method' | 'querystring' | 'append' | 'set' | 'body'>;

/** The pages of one issuer. */
export function openPages(issuer: Issuer) {
  const wrong = new WeakSet<object>();
  const show = (ctx: Shown, make: (say: ProtocolWords) => Page, formTo = ''): void => {
    const { locale, cookie } = languageOf(ctx.req, issuer.issuer);
    if (cookie !== undefined) ctx.append('set-cookie', cookie);
    const page = make(protocolWords[locale]);
    ctx.set({ ...pageHeaders(locale, { formTo, scripted: false }) });
    // The address of what was posted shows nothing by itself.
    const query = ctx.method === 'GET' ? new URLSearchParams(ctx.querystring) : new URLSearchParams();
    ctx.body = renderPage(locale, page, brandOf(issuer), query);
  };
  return {
    error(ctx: KoaContextWithOIDC, { error, error_description: description = '' }: ErrorOut): void {
      show(ctx, (say) => errorPage(say, error, description));
    },
    deviceInput(ctx: KoaContextWithOIDC, _form: string, _out?: ErrorOut, error?: Error): void {
      const fault = error === undefined ? undefined : (faults[error.name] ?? 'failed');
      if (fault === 'wrong') wrong.add(ctx);
      const typed = error !== undefined && 'userCode' in error ? String(error.userCode) : '';
      show(ctx, (say) => codePage(say, targetOf(ctx, 'code_verification'), typed, fault));
    },
    deviceConfirm(ctx: KoaContextWithOIDC, _form: string, _client: unknown, _device: unknown, shown: string): void {
      const code = String(ctx.oidc.params?.['user_code'] ?? '');
      show(ctx, (say) => confirmPage(say, targetOf(ctx, 'code_verification'), appOf(ctx) ?? '', code, shown));
    },
    /** Whether a code was typed in with this request that there is none of. */
    wasWrongCode: (ctx: object): boolean => wrong.has(ctx),
    deviceWait(ctx: Shown, seconds: number): void {
      show(ctx, ({ device: say }) => notice(say.title, say.wait(seconds)));
    },
    deviceDone(ctx: KoaContextWithOIDC): void {
      show(ctx, ({ device: say }) => notice(say.doneTitle, say.done(appOf(ctx) ?? '')));
    },
    logout(ctx: KoaContextWithOIDC): void {
      const to = ctx.oidc.params?.['post_logout_redirect_uri'];
      const { formTo } = destinationOf(typeof to === 'string' ? to : undefined);
      show(ctx, (say) => logoutPage(say, targetOf(ctx, 'end_session_confirm'), appOf(ctx)), formTo);
    },
    loggedOut(ctx: KoaContextWithOIDC): void {
      show(ctx, ({ logout: say }) => notice(say.doneTitle, say.done));
    },
  };
}

export type Pages = ReturnType<typeof openPages>;

const appOf = ({ oidc }: KoaContextWithOIDC): string | undefined => oidc.client?.clientName ?? oidc.client?.clientId;

function targetOf({ oidc }: KoaContextWithOIDC, route: string): Target {
  return { action: oidc.urlFor(route), xsrf: String(oidc.session?.state?.['secret'] ?? '') };
}
