/** Prints messages in the language of the user. */
import type { Io, Sink } from '../io.ts';
import { inLanguage, type Text } from '../language/say.ts';

/** One message and a line end. */
export function printText(text: Text, sink: Sink, io: Pick<Io, 'env'>): void {
  sink.write(`${inLanguage(text, io.env.language)}\n`);
}

/** Lines as they are. */
export function printLines(lines: readonly string[], sink: Sink): void {
  sink.write(lines.map((line) => `${line}\n`).join(''));
}
