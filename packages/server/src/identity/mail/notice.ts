/** Mails to members about requests that wait for a decision, and about the decision. */
import { roles } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { MemberNotice, Offers } from '../../operations/offers.ts';
import type { SystemTx, TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import { crossing } from '../system-wide.ts';

interface Deps {
  readonly clock: Clock;
  readonly platformUrl: string;
}

/** More readers than this share a mailbox, or read the list of requests. */
const readersMax = 50;
/** The limit for one reader in a day: a person who makes requests again and again does not fill a mailbox. */
const noticesPerDayMax = 100;
const dayMs = 86_400_000;

/** Inserts one mail for each reader. The id of a mail is its request, step and reader: a second one is not inserted. */
export const openNotices =
  (deps: Deps): Offers['mailMembers'] =>
  (tx: TenantTx, notice) =>
    crossing(tx, 'mail', async (all) => {
      const now = new Date(deps.clock.now());
      for (const recipient of await readersOf(all, notice)) {
        const reader = `notice-${sha256(recipient.toLowerCase())}-`;
        if (await isFlooded(all, reader, now)) continue;
        await all.sql`
          insert into mails (id, recipient, subject, secret_body, created_at, next_at)
          values (${`${reader}${notice.request}-${notice.step}`}, ${recipient}, ${subjectOf(notice)},
                  ${bodyOf(notice, deps.platformUrl)}, ${now}, ${now})
          on conflict (id) do nothing`;
      }
    });

async function readersOf({ sql }: SystemTx, { tenantUuid, to, except }: MemberNotice): Promise<readonly string[]> {
  const wanted = 'role' in to ? roles.filter((role) => roleContains(role, to.role)) : [...roles];
  const rows = await sql<{ email: string }[]>`
    select email from members
    where tenant_id = ${tenantUuid} and role = any(${wanted}::text[]) and user_id is not null
      ${'member' in to ? sql`and id = ${to.member}` : sql``} ${except === undefined ? sql`` : sql`and id <> ${except}`}
    order by id limit ${readersMax}`;
  return rows.map(({ email }) => email);
}

async function isFlooded({ sql }: SystemTx, reader: string, now: Date): Promise<boolean> {
  const [row] = await sql<{ mails: number }[]>`
    select count(*)::int as mails from mails
    where id >= ${reader} and id < ${`${reader}~`} and created_at > ${new Date(now.getTime() - dayMs)}`;
  return (row?.mails ?? 0) >= noticesPerDayMax;
}

const subjectOf = ({ words }: MemberNotice): string => `${words.en.subject} / ${words['zh-CN'].subject}`;

const bodyOf = ({ words }: MemberNotice, platformUrl: string): string =>
  `${[words.en.text, words['zh-CN'].text, platformUrl].join('\n\n')}\n`;
