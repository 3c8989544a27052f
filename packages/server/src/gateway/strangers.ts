/**
 * Apps that call without a subscription, as the spool names them. The number is bounded; above it, all names are dropped and
 * made again.
 */
import type { Identity } from './keyring.ts';
import type { VersionNode } from './snapshot/links.ts';
import { interned, partiesText, type Interned } from './usage/record.ts';

const knownMax = 4096;

export class Strangers {
  readonly #known = new Map<string, Interned>();

  of(version: VersionNode, { app, environment }: Identity): Interned {
    const name = `${version.key} ${app.key} ${environment}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= knownMax) this.#known.clear();
    const { tenant, api } = version.object;
    const consumer = app.object?.tenant ?? null;
    const parties = { provider: tenant, consumer, api, version: version.key, app: app.key, environment };
    const fresh = interned(partiesText(parties));
    this.#known.set(name, fresh);
    return fresh;
  }
}
