/**
 * All issuers by host name, in memory: finding the issuer of a request needs no query. A request for an unknown host costs one
 * look at a map.
 */
import { isIP } from 'node:net';
import { hostNameOf, originOf } from '../../http/origin.ts';
import type { Log } from '../../kernel/log.ts';
import type { Store } from '../../store/store.ts';
import type { Issuer } from './issuer.ts';
import { readChanged, readHead, readIssuers, type Head } from './rows.ts';
import { asPlatform } from '../system-wide.ts';

export interface Directory {
  /**
   * By the `Host` field. A value that is no name somebody could own (an address, `localhost`) belongs to the platform. A name
   * that is neither the platform's nor an issuer's has no issuer: the owner of the name could point it here, and later read
   * the cookies.
   */
  find(host: string | undefined): Issuer | undefined;
  byUrl(issuer: string): Issuer | undefined;
  of(tenantUuid: string): Issuer | undefined;
  /** Reads what has changed since the last time. Returns the URLs of issuers that are no longer as they were. */
  look(): Promise<ReadonlySet<string>>;
}

/** Reads it, whole. */
export async function openDirectory(platform: Issuer, store: Store, log: Log): Promise<Directory> {
  const own = new URL(platform.issuer).hostname;
  const byTenant = new Map([[platform.tenantUuid, platform]]);
  const byUrl = new Map([[platform.issuer, platform]]);
  let known: Head | undefined;

  const replace = (tenantUuid: string, next: Issuer | undefined): readonly string[] => {
    const last = byTenant.get(tenantUuid);
    byTenant.delete(tenantUuid);
    // The name may be another's by now.
    if (last !== undefined && byUrl.get(last.issuer) === last) byUrl.delete(last.issuer);
    if (next === undefined) return last === undefined ? [] : [last.issuer];
    byTenant.set(tenantUuid, next);
    byUrl.set(next.issuer, next);
    return last === undefined ? [next.issuer] : [last.issuer, next.issuer];
  };

  const look = async (): Promise<ReadonlySet<string>> => {
    const head = await asPlatform(store, 'issuers', readHead);
    if (head.epoch === known?.epoch && head.seq === known.seq) return new Set();
    const since = sinceOf(known, head);
    const [changed, { found, refused }] = await asPlatform(store, 'issuers', async (tx) => {
      const tenants = since === undefined ? undefined : await readChanged(tx, since);
      return [tenants ?? [...byTenant.keys()], await readIssuers(tx, tenants, platform.issuer)] as const;
    });
    for (const { host, tenantUuid } of refused)
      log.warn({ host, tenant: tenantUuid }, 'the issuer of a tenant is not served: its host name is not allowed');
    const next = new Map([...found, platform].map((one) => [one.tenantUuid, one]));
    const touched = new Set([...changed, ...found.map(({ tenantUuid }) => tenantUuid)]);
    known = head;
    return new Set([...touched].flatMap((tenantUuid) => replace(tenantUuid, next.get(tenantUuid))));
  };

  await look();
  return {
    find(field) {
      const host = hostNameOf(field);
      if (host === undefined) return undefined;
      if (host === own || host === 'localhost' || isIP(host.replace(/^\[|\]$/g, '')) !== 0) return platform;
      return byUrl.get(originOf(host, platform.issuer));
    },
    byUrl: (issuer) => byUrl.get(issuer),
    of: (tenantUuid) => byTenant.get(tenantUuid),
    look,
  };
}

/** The point from which changes can be listed one by one; undefined: all must be read. */
function sinceOf(known: Head | undefined, { epoch, seq, floor }: Head): number | undefined {
  return known?.epoch === epoch && known.seq >= floor && known.seq < seq ? known.seq : undefined;
}
