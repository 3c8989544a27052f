/** The width of texts in a terminal, where a Chinese character takes two cells. */
export const cellsOf = (text: string): number =>
  [...text].reduce(
    (cells, character) => cells + (/[\u1100-\u115f\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]/.test(character) ? 2 : 1),
    0,
  );

/** The text, filled up with spaces to this width. */
export const padded = (text: string, cells: number): string => text + ' '.repeat(Math.max(0, cells - cellsOf(text)));
