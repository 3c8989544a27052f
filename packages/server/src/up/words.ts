/** The output of `tulou up`: text for people on the terminal, JSON for programs. */
import { OperatorError } from '../kernel/operator-error.ts';
import type { Backup } from './backup.ts';
import type { Restored } from './restore.ts';
import type { Platform } from './up.ts';

/** The next steps, after everything serves. */
export function welcome(platform: Platform, startedMs: number): string {
  const { gateway, platform: base, operatorTokenFile, upstreamAllow } = platform;
  const quoted = `'${operatorTokenFile.replaceAll("'", String.raw`'\''`)}'`;
  return `
Ready after ${(startedMs / 1000).toFixed(1)} s.

  Gateway    ${gateway}   (calls to published APIs)
  Platform   ${base}   (control API, console)
  Token      ${operatorTokenFile}   (the operator's; readable by you only)
${allowed(upstreamAllow)}
Next:
  curl -H "Authorization: Bearer $(cat ${quoted})" ${base}/api/v1/tenants
  tulou doctor      what is wrong with this machine or installation, if anything

Ctrl-C stops everything; the data stays.
`;
}

function allowed(ranges: readonly string[]): string {
  if (ranges.length === 0) return '';
  return `
  Published APIs may lie on ${ranges.join(' and ')} addresses here, because this is meant for your own machine.
  Where strangers publish APIs, start with TULOU_UPSTREAM_ALLOW= (empty).
`;
}

/** The one line of `--json`. */
export function readyLine({ gateway, platform, data, admin }: Platform): string {
  return JSON.stringify({ event: 'ready', gateway, platform, data, admin });
}

/** Why it ended, and what to do. A defect of ours keeps its stack. */
export function failureText(error: unknown): string {
  if (!(error instanceof OperatorError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `tulou: something unexpected happened. This is a defect; please report it with these lines.\n${stack}\n`;
  }
  const evidence = error.evidence.map((line) => `  | ${line}\n`).join('');
  return `tulou: ${error.message}\n${evidence}  ${error.remedy}\n`;
}

/** The same for programs, one line. */
export function failureLine(error: unknown): string {
  const { code, message, remedy } =
    error instanceof OperatorError
      ? error
      : { code: 'internal', message: String(error), remedy: 'Report it as a defect.' };
  return `${JSON.stringify({ event: 'failed', code, message, remedy })}\n`;
}

/** The result of a backup, and the other files that a restore needs. */
export function backupText({ file, bytes, tables, rows, sha256, masterKeyFile }: Backup, withKey: boolean): string {
  const key = withKey
    ? 'THE FILE HAS THE MASTER KEY IN IT: who has the file can open every secret of this installation. Encrypt it.'
    : `It needs the master key: keep a copy of ${masterKeyFile} apart from it.`;
  return `
${file}: ${tables} tables, ${rows} rows, ${Math.ceil(bytes / 1024)} kB.
SHA-256 of its content: ${sha256}
${key}
`;
}

/** The differences after a restore. */
export function restoredText({ file, made_at: madeAt, tables, rows }: Restored): string {
  return `
Restored ${tables} tables with ${rows} rows, as of ${madeAt}, from ${file}.

Start the platform; gateways then take the whole configuration anew. What happened after ${madeAt} is gone:
revoke again what was revoked since then (\`tulou people\`, \`tulou keys\`, \`tulou operator-tokens\`).
`;
}
