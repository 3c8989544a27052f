/** JSON lines on stderr. Never a body, a credential or a header's value; what is logged is named field by field. */
import { destination, pino } from 'pino';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, unknown>): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** The log of one process; every line contains `role`. */
export function openLog(role: string, level: LogLevel): Log {
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      redact: ['*.secret', '*.password', '*.token', '*.authorization', '*.key'],
    },
    destination({ fd: 2, sync: true }),
  );
}
