/** The tenant of a command that names none. */
import { whoami } from '@tulou/contract/operations/whoami';
import type { Client } from '../client.ts';
import { usageFailure } from '../failure.ts';
import { say } from '../language/say.ts';

/** A member's token names one tenant, and so does a person who is a member of one. Throws `usage` for others. */
export async function ownTenant(client: Client, correct: string): Promise<string> {
  const { json } = await client.call({ method: 'GET', path: whoami.get.path });
  const { tenant, tenants = [] } = json as { tenant?: { slug: string }; tenants?: readonly { slug: string }[] };
  const [only, second] = tenants;
  const slug = tenant?.slug ?? (second === undefined ? only?.slug : undefined);
  if (slug === undefined) throw usageFailure(say`Name the tenant: ${correct}`);
  return slug;
}
