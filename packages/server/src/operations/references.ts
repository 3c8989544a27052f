/**
 * Objects that a query names to narrow a list. A name that the tenant does not have is a mistake: an empty list would read
 * as "there were none". An id is accepted as it is: records outlive what they are about.
 */
import { isId, nearest, Problem, type IdKind } from '@tulou/contract';

const labels: Readonly<Partial<Record<IdKind, string>>> = { api: 'API', key: 'API key' };

/** Throws `not_found` if `ref` is neither an id of the kind nor among the names. `names` is asked only where needed. */
export async function holdReference(
  kind: IdKind,
  ref: string | undefined,
  names: () => Promise<Iterable<{ readonly name: string }>>,
): Promise<void> {
  if (ref === undefined || isId(kind, ref)) return;
  const known = Array.from(await names(), ({ name }) => name);
  if (known.includes(ref)) return;
  const near = nearest(ref, known);
  const label = labels[kind] ?? kind;
  const hint = near === undefined ? 'Use a name from the list, or the id.' : `Did you mean \`${near}\`?`;
  throw new Problem('not_found', { detail: `This tenant has no ${label} of this name. ${hint}` });
}
