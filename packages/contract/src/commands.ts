/**
 * The commands that the launcher gives to the server program, as data: the server parses with this table, the command line
 * shows it in help and completion, and `bin/tulou` is tested against it.
 */
import type { Language } from './language.ts';

/** One text in each language. */
export type Words = Readonly<Record<Language, string>>;

export interface LaunchedFlag {
  readonly type: 'string' | 'boolean';
  /** The value in help. */
  readonly placeholder?: string;
  /** The value is a path: completion offers files. */
  readonly path?: true;
  /** The value where the flag is not given. */
  readonly default?: string;
  readonly summary: Words;
}

export interface LaunchedCommand {
  readonly summary: Words;
  /** The one argument beside flags; it is required. */
  readonly argument?: 'file';
  readonly flags: readonly LaunchedFlagName[];
  /** Settings that must be set, beside those with a default. */
  readonly needs?: readonly `TULOU_${string}`[];
}

export const launchedFlags = {
  data: {
    type: 'string',
    placeholder: 'DIR',
    path: true,
    default: '.tulou',
    summary: { en: 'Data directory', 'zh-CN': '数据目录' },
  },
  gateway: {
    type: 'string',
    placeholder: 'HOST:PORT',
    default: '127.0.0.1:8080',
    summary: { en: 'Listener for calls to published APIs', 'zh-CN': '接收已发布 API 调用的监听地址' },
  },
  platform: {
    type: 'string',
    placeholder: 'HOST:PORT',
    default: '127.0.0.1:8090',
    summary: { en: 'Listener for the control API and sign-in', 'zh-CN': '控制 API 和登录的监听地址' },
  },
  'accept-clock': {
    type: 'boolean',
    summary: {
      en: 'Accept the current clock although the data was written at a later time',
      'zh-CN': '接受当前时钟，即使数据的写入时间更晚',
    },
  },
  services: {
    type: 'boolean',
    summary: {
      en: 'Also run the services that tenants deploy, in sandboxes (needs bubblewrap)',
      'zh-CN': '同时在沙箱中运行租户部署的服务（需要 bubblewrap）',
    },
  },
  remove: {
    type: 'string',
    placeholder: 'KID',
    summary: {
      en: 'Revoke a compromised signing key: every token that it signed is rejected',
      'zh-CN': '吊销已泄露的签名密钥：由它签发的所有令牌都会被拒绝',
    },
  },
  'with-master-key': {
    type: 'boolean',
    summary: {
      en: 'Put the master key into the file: the file then opens every secret',
      'zh-CN': '将主密钥写入文件：该文件将能解开所有机密',
    },
  },
  replace: {
    type: 'boolean',
    summary: { en: 'Remove everything in the database first', 'zh-CN': '先清除数据库中的所有内容' },
  },
  yes: { type: 'boolean', summary: { en: 'Do not ask for confirmation', 'zh-CN': '不询问确认' } },
  json: { type: 'boolean', summary: { en: 'Print JSON for programs', 'zh-CN': '输出供程序使用的 JSON' } },
  help: { type: 'boolean', summary: { en: 'Show this help', 'zh-CN': '显示此帮助' } },
} as const satisfies Readonly<Record<string, LaunchedFlag>>;

export type LaunchedFlagName = keyof typeof launchedFlags;

export const launchedCommands = {
  up: {
    summary: { en: 'Start all roles on this machine', 'zh-CN': '在本机启动所有角色' },
    flags: ['data', 'gateway', 'platform', 'services', 'accept-clock', 'json'],
  },
  doctor: {
    summary: {
      en: 'Diagnose this machine and installation, with a remedy for each fault',
      'zh-CN': '诊断本机和安装，并为每个故障给出解决办法',
    },
    flags: ['data', 'gateway', 'platform', 'json'],
  },
  'rotate-keys': {
    summary: {
      en: 'Sign tokens with the next key, or revoke a compromised signing key',
      'zh-CN': '改用下一个密钥签发令牌，或吊销已泄露的签名密钥',
    },
    flags: ['data', 'platform', 'remove'],
  },
  backup: {
    summary: {
      en: 'Write the whole database into one file, while everything runs',
      'zh-CN': '将整个数据库写入一个文件，无需停止任何服务',
    },
    argument: 'file',
    flags: ['data', 'with-master-key', 'json'],
  },
  restore: {
    summary: {
      en: 'Restore a backup into an empty database; the platform must be stopped',
      'zh-CN': '将备份恢复到空数据库；平台必须处于停止状态',
    },
    argument: 'file',
    flags: ['data', 'replace', 'yes', 'json'],
  },
  init: {
    summary: {
      en: 'Create the tokens and the master key of an installation that runs its roles apart',
      'zh-CN': '为分开运行各角色的安装创建令牌和主密钥',
    },
    flags: ['data'],
  },
  gateway: {
    summary: { en: 'Start the gateway role', 'zh-CN': '启动网关角色' },
    flags: ['data', 'gateway'],
    needs: ['TULOU_CONTROL_URL', 'TULOU_NODE_TOKEN_FILE'],
  },
  control: {
    summary: { en: 'Start the control role', 'zh-CN': '启动控制角色' },
    flags: ['data', 'platform'],
    needs: ['TULOU_DATABASE_URL'],
  },
  worker: {
    summary: { en: 'Start the worker role', 'zh-CN': '启动后台任务角色' },
    flags: [],
    needs: ['TULOU_DATABASE_URL'],
  },
  host: {
    summary: { en: 'Start the host role, which runs services in sandboxes', 'zh-CN': '启动主机角色，在沙箱中运行服务' },
    flags: ['data'],
    needs: ['TULOU_CONTROL_URL', 'TULOU_NODE_TOKEN_FILE'],
  },
  migrate: {
    summary: { en: 'Migrate the database to this version', 'zh-CN': '将数据库迁移到此版本' },
    flags: [],
    needs: ['TULOU_DATABASE_URL'],
  },
} as const satisfies Readonly<Record<string, LaunchedCommand>>;

export type LaunchedCommandName = keyof typeof launchedCommands;

/** The lines of help for one launched command, or the list of all. */
export function launchedHelp(name: LaunchedCommandName | undefined, language: Language): string {
  if (name === undefined) {
    const list = Object.entries(launchedCommands).map(([word, { summary }]) => [word, summary[language]] as const);
    return `tulou <command> [options]\n\n${columns(list)}\n\ntulou <command> --help\n`;
  }
  const command: LaunchedCommand = launchedCommands[name];
  const flags = [...command.flags, 'help' as const].map((flag) => flagPair(flag, language));
  const needs = command.needs === undefined ? '' : `\n${command.needs.join(', ')}\n`;
  const argument = command.argument === undefined ? '' : ` ${command.argument.toUpperCase()}`;
  return `tulou ${name}${argument} [options]\n${command.summary[language]}\n${needs}\n${columns(flags)}\n`;
}

function flagPair(name: LaunchedFlagName, language: Language): readonly [string, string] {
  const flag: LaunchedFlag = launchedFlags[name];
  const value = flag.placeholder === undefined ? '' : ` ${flag.placeholder}`;
  const fallback = flag.default === undefined ? '' : ` (${flag.default})`;
  return [`--${name}${value}`, `${flag.summary[language]}${fallback}`];
}

function columns(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([label]) => label.length)) + 2;
  return pairs.map(([label, text]) => `  ${label.padEnd(width)}${text}`).join('\n');
}
