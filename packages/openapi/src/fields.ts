/** The fields of which the grammars of the objects are made. */
import { quote } from './json.ts';
import { text, type Field, type Shape } from './shapes.ts';

export const may = (shape: Shape): Field => ({ shape });
export const must = (shape: Shape, needed: string): Field => ({ shape, needed });
export const since31 = (shape: Shape): Field => ({ shape, only: '3.1' });
export const only30 = (shape: Shape): Field => ({ shape, only: '3.0' });

export const anyText = text();
export const address = text((value) =>
  /[\s<>]/.test(value) ? `must be a URL, but ${quote(value)} has spaces or angle brackets in it.` : undefined,
);
