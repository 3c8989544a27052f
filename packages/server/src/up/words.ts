/** The output of `tulou up`: text for people on the terminal, JSON for programs. */
import type { Language } from '@tulou/contract/language';
import { OperatorError } from '../kernel/operator-error.ts';
import { inLanguage } from './language/translate.ts';
import type { Backup } from './backup.ts';
import type { Restored } from './restore.ts';
import type { Platform } from './up.ts';

/** The next steps, after everything serves. */
export function welcome(platform: Platform, startedMs: number, language: Language): string {
  const seconds = (startedMs / 1000).toFixed(1);
  const quoted = `'${platform.operatorTokenFile.replaceAll("'", String.raw`'\''`)}'`;
  const call = `  curl -H "Authorization: Bearer $(cat ${quoted})" ${platform.platform}/api/v1/tenants`;
  return language === 'zh-CN' ? welcomeZh(platform, seconds, call) : welcomeEn(platform, seconds, call);
}

const welcomeEn = (
  { gateway, platform, operatorTokenFile, upstreamAllow }: Platform,
  seconds: string,
  call: string,
) => `
Ready after ${seconds} s.

  Gateway    ${gateway}   (calls to published APIs)
  Platform   ${platform}   (control API, sign-in)
  Token      ${operatorTokenFile}   (the operator's; readable by you only)
${
  upstreamAllow.length === 0
    ? ''
    : `
  Published APIs may be at ${upstreamAllow.join(' and ')} addresses, because this is meant for your own machine.
  Before you open the platform to unknown developers, start it with TULOU_UPSTREAM_ALLOW= (empty).
`
}
Next:
${call}
  tulou doctor      diagnoses this machine and installation

Ctrl-C stops everything; the data stays.
`;

const welcomeZh = (
  { gateway, platform, operatorTokenFile, upstreamAllow }: Platform,
  seconds: string,
  call: string,
) => `
${seconds} 秒后就绪。

  网关    ${gateway}   （调用已发布的 API）
  平台    ${platform}   （控制 API 和登录）
  令牌    ${operatorTokenFile}   （运维人员的令牌，仅您可读）
${
  upstreamAllow.length === 0
    ? ''
    : `
  已发布的 API 可以位于 ${upstreamAllow.join(' 和 ')} 地址，因为此方式用于您自己的机器。
  向未知开发者开放平台之前，请以 TULOU_UPSTREAM_ALLOW=（空值）启动。
`
}
下一步：
${call}
  tulou doctor      诊断本机和安装

按 Ctrl-C 停止所有服务；数据会保留。
`;

/** The one line of `--json`. */
export function readyLine({ gateway, platform, data, admin }: Platform): string {
  return JSON.stringify({ event: 'ready', gateway, platform, data, admin });
}

/** Why it ended, and what to do. A defect of ours keeps its stack. */
export function failureText(error: unknown, language: Language): string {
  if (!(error instanceof OperatorError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const intro =
      language === 'zh-CN'
        ? '发生意外错误。这是缺陷，请将以下内容一并报告。'
        : 'something unexpected happened. This is a defect; please report it with these lines.';
    return `tulou: ${intro}\n${stack}\n`;
  }
  const evidence = error.evidence.map((line) => `  | ${line}\n`).join('');
  return `tulou: ${inLanguage(error.message, language)}\n${evidence}  ${inLanguage(error.remedy, language)}\n`;
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
