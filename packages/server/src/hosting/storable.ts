/** A text of a workload as PostgreSQL can keep it: without NUL and halves of characters. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');
