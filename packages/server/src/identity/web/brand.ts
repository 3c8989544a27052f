/** How an issuer's pages look: its name and its colour, as far as they can be read. */
import { sha256 } from '../../kernel/hash.ts';
import type { Issuer } from '../issuers/issuer.ts';
import { style as common } from './style.ts';

export interface Brand {
  readonly name: string;
  /** The stylesheet. */
  readonly style: string;
  /** Its address changes with it, so that browsers may keep it. */
  readonly stylePath: string;
}

type Given = Pick<Issuer, 'name' | 'accent'>;

const known = new WeakMap<Given, Brand>();

export function brandOf(issuer: Given): Brand {
  const found = known.get(issuer) ?? makeBrand(issuer);
  known.set(issuer, found);
  return found;
}

function makeBrand({ name, accent }: Given): Brand {
  const style = accent === undefined ? common : `${common}${rulesOf(accent)}`;
  return { name, style, stylePath: `/account/style-${sha256(style).slice(0, 12)}.css` };
}

function rulesOf(accent: string): string {
  const { light, dark } = accentsOf(accent);
  return `:root { --accent: ${light}; --on-accent: ${white}; }
@media (prefers-color-scheme: dark) { :root { --accent: ${dark}; --on-accent: ${black}; } }
`;
}

/** The background of the accent in the worst case, in each scheme of `style.ts`. */
const grounds = { light: '#f4f1ec', dark: '#231f1c' } as const;
const white = '#ffffff';
const black = '#191614';
/** WCAG 2.2, 1.4.3: of text. */
const contrastMin = 4.5;

/** The colour itself where text in it, and text on it, can be read; else the nearest darker (on light) or lighter one. */
export function accentsOf(accent: string): Readonly<Record<keyof typeof grounds, string>> {
  return {
    light: nearest(accent, '#000000', (one) => [one, grounds.light]),
    dark: nearest(accent, '#ffffff', (one) => [one, grounds.dark]),
  };
}

function nearest(from: string, to: string, pair: (one: string) => readonly [string, string]): string {
  for (let step = 0; step < 20; step += 1) {
    const one = mix(from, to, step / 20);
    if (contrast(...pair(one)) >= contrastMin) return one;
  }
  return to;
}

const channels = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

function mix(from: string, to: string, share: number): string {
  const other = channels(to);
  const mixed = channels(from).map((value, i) => Math.round(value + ((other[i] ?? 0) - value) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
