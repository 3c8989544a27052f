/** Mail over SMTP (RFC 5321), as an operator has set it. */
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';

export interface MailerOptions {
  /** `smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the first byte. */
  readonly url: string;
  /** As in `From`: an address, with a name before it in angle brackets or without. */
  readonly from: string;
}

export interface Letter {
  /** The same at every attempt: who gets it twice can see that it is one. */
  readonly id: string;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
}

/** `refused`: for good; `failed`: this one, for now; `away`: the server cannot be reached, or does not let us in. */
export type Delivery =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused' | 'failed' | 'away'; readonly cause: string };

export interface Mailer {
  /** Hands a letter over; settles when the server has taken it, and never rejects. */
  send(letter: Letter): Promise<Delivery>;
  close(): void;
}

const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, dnsTimeout: 10_000, socketTimeout: 20_000 };

/** A password is only sent over TLS, but to this machine; without one, TLS is used where the server has it. */
export function openMailer({ url, from }: MailerOptions): Mailer {
  const { hostname, port, protocol, username, password } = new URL(url);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const secure = protocol === 'smtps:';
  const auth =
    username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } };
  const transport = createTransport({
    pool: true,
    maxConnections: 1,
    host,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && username !== '' && !isLoopback(host),
    ...auth,
    ...timeouts,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.replace(/^.*@/, '').replace(/>$/, '');
  return {
    close: () => transport.close(),
    async send({ id, recipient, subject, body }) {
      try {
        await transport.sendMail({
          from,
          // As an object, so that an address is one recipient, whatever characters it contains.
          to: { name: '', address: recipient },
          subject,
          text: body,
          messageId: `<${id}@${domain}>`,
          headers: { 'auto-submitted': 'auto-generated' },
        });
        return { kind: 'sent' };
      } catch (error) {
        return judge(error as SmtpError);
      }
    },
  };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

type SmtpError = Error & { readonly code?: string; readonly responseCode?: number };

function judge({ code = '', responseCode = 0 }: SmtpError): Delivery {
  // The server's own words may repeat the address: only its codes are reported.
  const cause = `${code} ${responseCode === 0 ? '' : responseCode}`.trim();
  const aboutLetter = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (!aboutLetter) return { kind: 'away', cause };
  return { kind: responseCode >= 500 || responseCode === 0 ? 'refused' : 'failed', cause };
}
