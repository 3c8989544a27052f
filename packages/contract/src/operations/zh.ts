import type { Language } from '../language.ts';
import type { Operation } from '../operation.ts';
export const summaryIn = (operation: Operation, _: Language): string => operation.summary;
