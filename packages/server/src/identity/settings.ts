/** Settings of the identity server and of its mail. */
import { z } from 'zod';
import { setting } from '../kernel/settings.ts';

export const settings = {
  signUp: setting({
    variable: 'TULOU_SIGN_UP',
    shape: z.enum(['open', 'invited']),
    expects: 'open or invited',
    example: 'open',
    default: 'invited',
    doc: 'Whether anyone with an e-mail address may have an account at the platform, or only people who were invited.',
    roles: ['control'],
  }),
  warmIssuers: setting({
    variable: 'TULOU_WARM_ISSUERS',
    shape: z
      .string()
      .regex(/^\d{1,6}$/)
      .transform(Number)
      .pipe(z.int().min(1).max(100_000)),
    expects: 'a number from 1 to 100000',
    example: '2000',
    default: '1500',
    doc: 'The number of tenants’ issuers that one control process keeps ready. Others are built when they are used.',
    roles: ['control'],
  }),
  dnsServers: setting({
    variable: 'TULOU_DNS_SERVERS',
    shape: z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(
        z
          .array(z.string().regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/))
          .min(1)
          .max(8),
      ),
    expects: 'a list of IP addresses, each with a port or without',
    example: '9.9.9.9,[2620:fe::fe]:53',
    doc: 'The DNS servers that are asked for the challenges of domains. They must see the public DNS.',
    default: 'the system’s',
    roles: ['control'],
  }),
  requestsPerSecond: setting({
    variable: 'TULOU_IDENTITY_REQUESTS_PER_SECOND',
    roles: ['control'],
    shape: z
      .string()
      .regex(/^\d{1,7}$/)
      .transform(Number)
      .pipe(z.int().min(1).max(1_000_000)),
    expects: 'a number from 1 to 1000000',
    example: '100',
    default: '50',
    doc: 'Requests per second that one control process accepts from one address at one issuer, pages and token endpoint together. A burst of ten seconds’ worth is allowed. One address may send four times as much over all issuers.',
  }),
  requestsAtOnce: setting({
    variable: 'TULOU_IDENTITY_REQUESTS_AT_ONCE',
    roles: ['control'],
    shape: z
      .string()
      .regex(/^\d{1,4}$/)
      .transform(Number)
      .pipe(z.int().min(1).max(1000)),
    expects: 'a number from 1 to 1000',
    example: '64',
    default: '32',
    doc: 'Concurrent requests of the identity server. One issuer has at most half of these places; others wait in turn.',
  }),
  hashesAtOnce: setting({
    variable: 'TULOU_PASSWORD_HASHES_AT_ONCE',
    roles: ['control'],
    shape: z
      .string()
      .regex(/^\d{1,2}$/)
      .transform(Number)
      .pipe(z.int().min(1).max(64)),
    expects: 'a number from 1 to 64',
    example: '2',
    default: 'half of the cores, at most 2',
    doc: 'Passwords that are hashed concurrently. Each takes a core and 19 MiB. More than 2 also needs a larger `UV_THREADPOOL_SIZE`.',
  }),
  smtpUrl: setting({
    variable: 'TULOU_SMTP_URL',
    shape: z.string().refine((text) => /^smtps?:\/\/[^/]/.test(text) && URL.canParse(text)),
    expects: 'an SMTP URL',
    example: 'smtp://user:secret@mail.internal:587',
    doc: 'The mail server. Without one, mails wait in the outbox.',
    secret: true,
    roles: ['worker'],
  }),
  mailFrom: setting({
    variable: 'TULOU_MAIL_FROM',
    shape: z.string().regex(/^(?:[^<>@\r\n]{1,100} <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/),
    expects: 'an e-mail address, with a name or without',
    example: 'Tulou <no-reply@example.com>',
    doc: 'The sender of mails. Required with `TULOU_SMTP_URL`.',
    roles: ['worker'],
  }),
} as const;
