/** Summaries of the operations in Simplified Chinese. The type makes a missing translation a compile error. */
import type { Language } from '../language.ts';
import type { Operation } from '../operation.ts';
import type { operations } from './index.ts';

type Tables = typeof operations;
type Summaries = {
  readonly [Noun in keyof Tables]: { readonly [Verb in keyof Tables[Noun]]: string };
};

const summaries: Summaries = {
  tenants: {
    create: '创建租户',
    list: '列出租户。`search` 匹配标识或名称的开头',
    get: '读取租户',
    update: '更改租户的名称，或是否允许成员试用应用',
    delete: '删除租户。租户立即停止，宽限期后其数据将被永久删除',
    restore: '在宽限期内恢复已删除的租户',
    suspend: '停用租户：其令牌和密钥会被拒绝，其 API 停止响应',
    resume: '恢复已停用的租户',
    export: '将租户的所有数据导出为归档，每张表一个 NDJSON 文件，不含机密',
  },
  members: {
    create: '添加成员，其角色不高于您自己的角色。邀请将以邮件发送',
    invite: '向尚未加入的成员发送新邀请。之前的邀请将失效',
    list: '列出成员',
    get: '读取成员',
    update: '更改成员的角色',
    delete: '移除成员及其所有令牌。最后一位所有者不能被移除',
  },
  domains: {
    create: '登记租户的域名。响应中包含需发布到 DNS 或网站上的质询',
    list: '列出租户的域名',
    get: '读取域名及其质询',
    verify: '立即查找域名的质询。找到后，该域名归此租户所有',
    delete: '释放域名。30 天内只有此租户可以再次验证它',
  },
  connections: {
    create: '接入供成员登录的 OpenID Connect 身份提供方',
    list: '列出租户的身份提供方',
    get: '读取身份提供方，不含其机密',
    update: '更改身份提供方。签发者不能更改。暂停会使其用户退出登录',
    delete: '删除身份提供方。通过它登录的用户会退出登录，且必须重新邀请',
  },
  tokens: {
    create: '创建控制令牌。管理员可为其他成员创建令牌',
    list: '列出您的控制令牌。管理员可查看租户的所有令牌',
    get: '读取控制令牌，不含其机密',
    revoke: '立即永久吊销控制令牌',
  },
  issuers: {
    get: '读取租户的签发者及其签名密钥',
    put: '创建或更改租户的签发者：最终用户在其主机名登录',
    rotate: '轮换签名密钥。当前密钥在一天内仍可用于验证',
    revoke: '吊销已泄露的签名密钥。由它签发的所有令牌都会被拒绝',
    delete: '永久删除租户的签发者及其所有用户和密钥',
  },
  users: {
    create: '向租户的签发者添加最终用户。邮件会请其设置密码',
    list: '列出租户签发者的最终用户。`search` 匹配邮箱地址的开头',
    get: '读取最终用户',
    disable: '禁用最终用户：使其在各处退出登录，并拒绝其令牌',
    enable: '启用已禁用的最终用户',
    recover: '移除丢失第二因素的最终用户的所有第二因素，并使其在各处退出登录',
    delete: '删除最终用户及其所有数据。所有网关都会拒绝其令牌',
  },
  audit: {
    list: '列出审计记录，最新的在前',
    verify: '校验审计日志的哈希链，并报告断裂的位置',
    get: '读取审计记录',
  },
  whoami: {
    get: '显示凭据的所有者和权限',
  },
  apis: {
    create: '创建 API',
    list: '列出租户的 API',
    get: '读取 API',
    update: '更改 API。标识不能更改：它是调用地址的一部分',
    delete: '删除 API 及其版本和套餐。有应用订阅时会被拒绝',
  },
  versions: {
    create: '发布 API 的版本',
    list: '列出 API 的版本',
    get: '读取版本',
    findings: '列出版本文档的检查结果：错误、警告及其位置',
    openapi: '读取版本的 OpenAPI 文档',
    update: '更改版本：上游、访问方式、文档、状态（draft → live → deprecated → retired，并可回到 live）',
    delete: '删除版本。在线或已弃用的版本仅在没有应用订阅其 API 时可以删除',
  },
  plans: {
    create: '创建 API 的套餐',
    list: '列出 API 的套餐',
    get: '读取套餐',
    update: '更改套餐，对已有订阅同样生效',
    delete: '删除套餐。有应用订阅时会被拒绝',
  },
  scopes: {
    create: '创建 API 的权限范围。操作在 OpenAPI 文档的 `security` 中按名称要求它',
    list: '列出 API 的权限范围',
    get: '读取权限范围',
    update: '更改权限范围的风险、标题或说明，或授权是否可以限定',
    delete: '删除权限范围，并从所有授权中移除。其名称不能再次使用',
  },
  artifacts: {
    create: '开始上传构件：包含修订版代码的归档。`tulou deploy` 会完成全部步骤',
    list: '列出租户的构件',
    get: '读取构件：已收到多少',
    update: '向上传追加内容。中断的上传可在一小时内从 `received_bytes` 处继续',
    delete: '删除构件。有修订版需要它时会被拒绝',
  },
  services: {
    create: '创建服务：由平台运行的代码',
    list: '列出租户的服务',
    get: '读取服务',
    update: '更改服务。标识不能更改：它是其地址的一部分',
    delete: '停止并删除服务及其修订版和发布。有 API 版本引用它时会被拒绝',
    usage: '读取服务的用量，按环境和修订版',
  },
  revisions: {
    create: '创建服务的修订版。它不会更改，且在发布引用它之前不接收调用',
    list: '列出服务的修订版，最新的在前',
    get: '读取修订版',
    delete: '删除修订版。环境的当前发布引用它时会被拒绝',
  },
  releases: {
    create: '在某个环境中发布服务的修订版，取代当前发布',
    list: '列出服务最近的发布，最新的在前',
    get: '读取发布。`live` 和 `test` 表示该环境的当前发布',
    delete: '删除发布。删除当前发布会使服务在其环境中停止',
  },
  instances: {
    list: '列出服务的实例，以主机最近的报告为准',
  },
  logs: {
    list: '列出服务最近输出的行，最早的在前',
  },
  apps: {
    create: '注册应用',
    list: '列出租户的应用',
    get: '读取应用',
    update: '更改应用。停用会立即停止其所有调用',
    block: '封禁应用：立即停止其在所有租户中的调用',
    unblock: '解除应用的封禁。应用保持停用，直到其租户或运维人员启用它',
    delete: '删除应用及其密钥、客户端和安装。订阅了 API 时会被拒绝',
  },
  keys: {
    create: '签发应用的 API 密钥。密钥仅在此响应中显示',
    list: '列出应用的 API 密钥，不含其机密',
    get: '读取 API 密钥，不含其机密',
    update: '更改 API 密钥的名称、权限范围或有效期',
    rotate: '签发 API 密钥的后继密钥。旧密钥在 `overlap_seconds` 内仍有效',
    delete: '在所有网关上吊销 API 密钥',
  },
  clients: {
    create: '注册应用的 OAuth 客户端。密钥仅在此响应中显示',
    list: '列出应用的 OAuth 客户端',
    get: '读取 OAuth 客户端，不含其密钥',
    update: '更改 OAuth 客户端。身份验证方式和环境不能更改',
    rotate: '签发新的客户端密钥。当前密钥在 `overlap_seconds` 内仍有效；更早的密钥立即失效',
    delete: '删除 OAuth 客户端。所有网关都会拒绝其令牌',
  },
  subscriptions: {
    create: '为应用订阅 API 的套餐',
    list: '列出租户的应用的订阅',
    get: '读取订阅',
    update: '更改订阅的套餐。需人工审批的套餐会使订阅重新待审批',
    delete: '终止订阅。它仍可读取，状态为 `ended`',
  },
  subscribers: {
    list: '列出租户的 API 的订阅者',
    get: '读取订阅者',
    approve: '批准待审批的订阅',
    reject: '拒绝待审批的订阅',
    suspend: '暂停有效的订阅：停止其调用',
    resume: '恢复已暂停的订阅',
    delete: '以提供者身份终止订阅',
  },
  installations: {
    create: '安装应用：向其授予此租户数据的权限范围',
    try: '试用应用：仅限低风险的权限范围和用户的令牌。租户须允许试用',
    list: '列出租户已安装的应用、其权限范围和授予者',
    get: '读取安装',
    update: '在应用声明的范围内更改其获得的权限范围',
    pause: '暂停安装：在恢复之前，停止应用在此租户中的运行',
    resume: '恢复已暂停的安装',
    delete: '撤销安装。所有网关都会拒绝其令牌。它仍可读取，状态为 `revoked`',
  },
  installed: {
    list: '列出已安装某个应用的租户',
    get: '以开发者身份读取应用的安装',
  },
  inventory: {
    list: '列出已安装的应用及其授权和用量',
  },
  approvals: {
    create: '申请审批：安装应用，或使用超出成员角色的权限范围',
    list: '列出成员申请的审批及其状态',
    get: '读取审批',
    approve: '批准成员的申请。安装须已授予这些权限范围',
    reject: '拒绝成员的申请',
    delete: '删除审批。依赖它的成员令牌会立即被拒绝',
  },
  events: {
    list: '列出租户的事件，最新的在前。保留 30 天',
    get: '读取事件',
  },
  catalog: {
    list: '列出可订阅的 API：所有租户的公开 API，以及此租户的私有 API',
    get: '读取目录中的 API',
    openapi: '读取目录中某个版本的 OpenAPI 文档',
  },
  usage: {
    get: '显示租户的用量：对其 API 的调用和其应用的调用',
  },
  calls: {
    list: '列出最近对租户 API 的调用及其应用的调用，最新的在前。保留 24 小时',
    get: '按请求 ID 查找调用：其结果及原因',
  },
  people: {
    list: '列出平台的用户。`search` 匹配邮箱地址的开头',
    get: '读取用户',
    disable: '禁用用户：使其在各处退出登录，并拒绝其令牌',
    enable: '启用已禁用的用户',
    recover: '移除丢失第二因素的用户的所有第二因素，并使其在各处退出登录',
  },
  'operator-tokens': {
    create: '为一个人或一个程序创建具名的运维令牌',
    list: '列出运维令牌，包括已过期或已吊销的令牌',
    get: '读取运维令牌的信息，不含其机密',
    revoke: '立即并永久吊销运维令牌',
  },
  operators: {
    create: '将用户设为运维人员。须有邮箱已验证的账户',
    list: '列出运维人员',
    get: '读取运维人员',
    delete: '移除运维人员。自其下一次调用起生效',
  },
};

/** The summary of an operation in a language. */
export function summaryIn(operation: Operation, language: Language): string {
  const [noun = '', verb = ''] = operation.id.split('.');
  const table: Readonly<Record<string, Readonly<Record<string, string>>>> = summaries;
  return language === 'zh-CN' ? (table[noun]?.[verb] ?? operation.summary) : operation.summary;
}
