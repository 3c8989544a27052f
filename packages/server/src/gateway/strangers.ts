/** Apps that call without a subscription, as the spool names them. Bounded: past it, all are named anew. */
import type { AppNode, VersionNode } from './snapshot/links.ts';
import { interned, partiesText, type Interned } from './usage/record.ts';

const knownMax = 4096;

export class Strangers {
  readonly #known = new Map<string, Interned>();

  of(version: VersionNode, app: AppNode): Interned {
    const name = `${version.key} ${app.key}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= knownMax) this.#known.clear();
    const { tenant, api } = version.object;
    const fresh = interned(partiesText(tenant, app.object?.tenant ?? null, api, version.key, app.key));
    this.#known.set(name, fresh);
    return fresh;
  }
}
