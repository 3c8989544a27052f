/** Text that PostgreSQL cannot keep: NUL, and halves of surrogate pairs. It is refused before anything else is done with it. */
import type { Violation } from '@tulou/contract';

const message = 'NUL and lone surrogates are not allowed';
const violationsMax = 100;

const isKeepable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** Parameters of the path and the query. */
export function hostileParameters(parameters: Iterable<readonly [string, string]>): Violation[] {
  return [...parameters]
    .filter(([name, value]) => !isKeepable(name) || !isKeepable(value))
    .map(([name]) => ({ pointer: name.toWellFormed().replaceAll('\0', ''), message }));
}

interface Place {
  readonly value: unknown;
  readonly pointer: string;
}

/** Every text in a JSON value, names of fields too. Not recursive: the depth of what is sent has another bound. */
export function hostileContent(content: unknown): Violation[] {
  const found: Violation[] = [];
  const open: Place[] = [{ value: content, pointer: '' }];
  for (let at = open.pop(); at !== undefined && found.length < violationsMax; at = open.pop()) {
    const { value, pointer } = at;
    if (typeof value === 'string' && !isKeepable(value)) found.push({ pointer, message });
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (!isKeepable(name)) found.push({ pointer, message });
      else open.push({ value: inner, pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` });
    }
  }
  return found;
}
