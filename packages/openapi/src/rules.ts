/** Rules about two fields of one object. */
import type { JsonObject } from './json.ts';
import { complain, type Walk } from './shapes.ts';

export function notBoth(value: JsonObject, walk: Walk, a: string, b: string): void {
  if (Object.hasOwn(value, a) && Object.hasOwn(value, b))
    complain(walk, `\`${a}\` and \`${b}\` exclude each other. Keep one of the two.`);
}

export function exactlyOne(value: JsonObject, walk: Walk, a: string, b: string): void {
  notBoth(value, walk, a, b);
  if (!Object.hasOwn(value, a) && !Object.hasOwn(value, b))
    complain(walk, `\`${walk.path.at(-1)}\` has neither \`${a}\` nor \`${b}\`; it needs one of the two.`, 'key');
}
