/** The command line in Simplified Chinese. Keys are the English texts, with `{0}`, `{1}` … for values; `zh.test.ts` holds it complete. */
import { deployZh } from './deploy-zh.ts';
import { fieldsZh } from './fields-zh.ts';
import { manifestZh } from './manifest-zh.ts';
import { wordsZh } from './words-zh.ts';

const messages: Readonly<Record<string, string>> = {
  // arguments.ts
  ' Did you mean "{0}"?': ' 您是不是要输入“{0}”？',
  'Did you mean "{0}"?': '您是不是要输入“{0}”？',
  '"--{0}" is given twice.': '“--{0}”给出了两次。',
  '"--{0}" needs a value.': '“--{0}”需要一个值。',
  '"{0}" is not a command of "{1}".': '“{0}”不是“{1}”的命令。',
  '"{0}" is not a command.': '“{0}”不是命令。',
  '"{0}" is not an option of this command.{1}': '“{0}”不是此命令的选项。{1}',
  '"{0}" is one argument too many: "{1}" takes {2}.': '参数“{0}”是多余的：“{1}”接受 {2}。',
  '"{0}" takes no value.': '“{0}”不接受值。',
  'See "{0} --help".': '请参阅“{0} --help”。',
  'Do not put a token on the command line: other users and the shell history would see it.':
    '请不要把令牌写在命令行上：其他用户和 shell 历史记录都会看到它。',
  'Put it into a file of mode 0600 and give "--token-file FILE", or set TULOU_TOKEN, or save it with "tulou context add".':
    '请将其放入权限为 0600 的文件并使用“--token-file FILE”，或设置 TULOU_TOKEN，或用“tulou context add”保存。',

  // help.ts, main.ts
  '"{0} <command> --help" shows details.': '“{0} <command> --help”显示详细信息。',
  '{0} (required)': '{0}（必需）',
  '{0}.': '{0}。',
  'Show help for a command, or for "exit-codes"': '显示命令的帮助，或“exit-codes”的帮助',
  'A self-hosted open platform': '自托管的开放平台',
  'Tulou is a self-hosted open platform.': '土楼（Tulou）是自托管的开放平台。',
  'Path parameters are arguments in the order of the path, or options: "tulou apis get acme orders" is "tulou apis get --tenant acme --api orders".':
    '路径参数按路径顺序作为参数给出，也可作为选项：“tulou apis get acme orders”等同于“tulou apis get --tenant acme --api orders”。',
  'Sources of the platform and the credential, in order: --url and --token-file; --data; --context. Then TULOU_URL and TULOU_TOKEN; TULOU_DATA; the current context; a .tulou directory here or above. "tulou context" shows the result.':
    '平台和凭据的来源依次为：--url 和 --token-file；--data；--context。然后是 TULOU_URL 和 TULOU_TOKEN；TULOU_DATA；当前上下文；此目录或上级目录中的 .tulou。“tulou context”显示结果。',
  'Internal error of this command': '此命令发生内部错误',

  // commands/
  '"--count" takes a number above 0; "{0}" is none.': '“--count”需要大于 0 的数字；“{0}”不是。',
  'Follow the calls to the APIs of a tenant and the calls of its apps as they come in':
    '持续显示对租户 API 的调用及其应用的调用',
  'Stop after N calls': '显示 N 个调用后停止',
  'Without a tenant: the tenant of the credential. Calls appear one to two seconds after their end. Under load, the gateway keeps a sample: refused and failed calls first.':
    '未指定租户时：凭据所属的租户。调用结束一至两秒后显示。负载高时，网关仅保留样本：优先保留被拒绝和失败的调用。',
  'Name the tenant: {0}': '请指定租户：{0}',
  'The platform is not available. Waiting for it.': '平台不可用，正在等待其恢复。',
  'list, get, tail': 'list、get、tail',

  // terminal/headline.ts
  'Calls to the tenant’s APIs, {0}: {1} in total, {2} answered by the service, {3} refused by the gateway.':
    '对租户 API 的调用，{0}：共 {1} 个，服务响应 {2} 个，网关拒绝 {3} 个。',
  'Calls of the tenant’s apps, {0}: {1} in total, {2} answered by the service, {3} refused by the gateway.':
    '租户应用的调用，{0}：共 {1} 个，服务响应 {2} 个，网关拒绝 {3} 个。',
  'Calls to the tenant’s APIs and of its apps, {0}: {1} in total, {2} answered by the service, {3} refused by the gateway.':
    '对租户 API 的调用及其应用的调用，{0}：共 {1} 个，服务响应 {2} 个，网关拒绝 {3} 个。',
  '"{0}" is the current context.': '当前上下文为“{0}”。',
  'Deleted "{0}".': '已删除“{0}”。',
  'Saved "{0}" in {1}; it is the current context.': '已将“{0}”保存到 {1}，并设为当前上下文。',
  'There is no context "{0}".': '没有上下文“{0}”。',
  '"{0}" is run by the launcher': '“{0}”由启动器运行',
  'Required settings: {0}': '必需的设置：{0}',
  'Start it as "tulou {0}".': '请以“tulou {0}”启动。',
  'End it at {0}/account.': '请在 {0}/account 终止。',
  'Signed in as {0}. Saved as "{1}" in {2}; it is the current context.':
    '已以 {0} 登录。已将“{1}”保存到 {2}，并设为当前上下文。',
  'Signed out of "{0}".': '已退出“{0}”。',
  'The sign-in at "{0}" is deleted here, but the platform could not revoke it':
    '“{0}”的登录信息已在此删除，但平台未能吊销',
  'You are not signed in at "{0}".': '您尚未登录“{0}”。',
  'You are not signed in.': '您尚未登录。',
  'platform: {0}': '平台：{0}',
  'Name a shell: bash, zsh or fish.': '请指定 shell：bash、zsh 或 fish。',
  'Print the completion script for a shell': '输出 shell 的补全脚本',
  'Delete a saved connection': '删除已保存的连接',
  'File that contains the token, read for each command. - reads the standard input and saves the token':
    '包含令牌的文件，每次命令都会读取。- 表示读取标准输入并保存令牌',
  'List saved connections, without their tokens': '列出已保存的连接，不含令牌',
  'Make a saved connection the current context': '将已保存的连接设为当前上下文',
  'Missing option: --url.': '缺少选项：--url。',
  'Name a context.': '请指定上下文的名称。',
  'Named connections: show, add, use, list, remove': '命名的连接：show、add、use、list、remove',
  'No contexts are saved.': '没有已保存的上下文。',
  'Platform listener': '平台监听地址',
  'Save a connection under a name and make it the current context': '以名称保存连接，并设为当前上下文',
  'See "tulou context --help".': '请参阅“tulou context --help”。',
  'See "tulou context add --help".': '请参阅“tulou context add --help”。',
  'See "tulou context list".': '请参阅“tulou context list”。',
  'See "tulou context list". Add one with "tulou context add".':
    '请参阅“tulou context list”。用“tulou context add”添加。',
  'Show the platform and the credential that commands use here, and their origin':
    '显示命令在此使用的平台和凭据，以及它们的来源',
  'Platform listener; by default that of the named or the current context':
    '平台监听地址；默认为所指定上下文或当前上下文的地址',
  'Show a code to enter on another device, for machines without a browser':
    '显示一个代码，可在另一台设备上输入，适用于没有浏览器的机器',
  'Sign in to a platform and make it the current context': '登录平台，并设为当前上下文',
  'Sign out: the platform revokes the tokens, and this machine deletes them': '退出登录：平台吊销令牌，本机删除令牌',
  'Your role in each tenant decides which commands you may run. The sign-in is saved in your configuration file, which only you can read, under the given name or the host name of the platform.':
    '您在各租户中的角色决定您可以运行哪些命令。登录信息以给定的名称或平台的主机名保存在只有您可读的配置文件中。',
  'Print the version of this command': '输出此命令的版本',

  // commands/manifest.ts, manifest/
  'Delete for good: {0}': '永久删除：{0}',
  'There is no tenant "{0}" that this token may read.': '没有此令牌可读取的租户“{0}”。',
  'Wrote {0}.': '已写入 {0}。',
  'Wrote {0}, {1}.': '已写入 {0}，{1}。',
  '1 object is not in the file and stays; --prune deletes it.': '有 1 个对象不在文件中，将予保留；--prune 会删除它。',
  '{0} objects are not in the file and stay; --prune deletes them.':
    '有 {0} 个对象不在文件中，将予保留；--prune 会删除它们。',
  'Also delete objects of these tenants that are not in the file': '同时删除这些租户中不在文件里的对象',
  'Apply breaking changes': '应用不兼容的更改',
  'Arguments are tenants. Without arguments it is the tenant of the token, or for an operator all tenants. Secrets are not written.':
    '参数为租户。没有参数时为令牌所属的租户，对运维人员则为所有租户。机密不会写入。',
  'Change the platform to match a file. A second run changes nothing': '更改平台使其与文件一致。再次运行不会有任何更改',
  'File to write, with the OpenAPI documents in a folder beside it; by default the standard output':
    '要写入的文件，OpenAPI 文档放在其旁的文件夹中；默认为标准输出',
  'Missing option: --file FILE (-f).': '缺少选项：--file FILE (-f)。',
  'No changes: the platform matches the file.': '没有更改：平台与文件一致。',
  'Only show the changes, as "tulou diff" does': '只显示更改，与“tulou diff”相同',
  'Replace an existing file': '替换现有文件',
  'Write tenants to a file that "tulou apply" accepts without change': '将租户写入“tulou apply”可直接使用的文件',
  'YAML file; - is the standard input': 'YAML 文件；- 表示标准输入',
  'Restore it first: tulou tenants restore {0}': '请先恢复：tulou tenants restore {0}',
  'The tenant {0} is being deleted': '租户 {0} 正在删除',
  '{0} is neither YAML nor JSON': '{0} 既不是 YAML 也不是 JSON',
  '{0} is not valid': '{0} 无效',
  'Nothing was changed. "tulou apply --help" shows an example.': '没有任何更改。“tulou apply --help”显示示例。',
  '{0} done': '完成 {0} 项',
  '{0} failed': '失败 {0} 项',
  '{0} skipped because of that': '因此跳过 {0} 项',
  '{0} to change': '将更改 {0} 项',
  '{0} to create': '将创建 {0} 项',
  '{0} to delete': '将删除 {0} 项',
  '{0}. Correct the failed changes and run the command again: the others are kept.':
    '{0}。请更正失败的更改后再次运行此命令：其余更改已保留。',
  created: '已创建',
  changed: '已更改',
  deleted: '已删除',
  skipped: '已跳过',
  failed: '失败',
  'waiting for the approval of the provider': '等待提供者批准',

  // connection.ts, contexts.ts, problem.ts, login/
  '"{0}" is not an address.': '“{0}”不是地址。',
  'context "{0}"': '上下文“{0}”',
  'operator token of {0}': '{0} 的运维令牌',
  'platform: {0} ({1}), credential: {2}': '平台：{0}（{1}），凭据：{2}',
  'sign-in of the context "{0}"': '上下文“{0}”的登录',
  'warning: the token is sent to {0} unencrypted. Use https.': '警告：令牌将以明文发送到 {0}。请使用 https。',
  '{0} does not contain a token': '{0} 不包含令牌',
  '{0} has no operator.token': '{0} 中没有 operator.token',
  'Give "--data" or "--context", not both.': '请只使用“--data”和“--context”之一。',
  'Give the data directory of a "tulou up" that was started at least once.':
    '请给出至少启动过一次的“tulou up”的数据目录。',
  'It must contain the token and nothing else.': '文件只能包含令牌。',
  'Use one like http://127.0.0.1:8090 or https://platform.example.com.':
    '请使用类似 http://127.0.0.1:8090 或 https://platform.example.com 的地址。',
  none: '无',
  default: '默认',
  '"{0}" is not a valid name for a context.': '“{0}”不是有效的上下文名称。',
  'Other users can read {0}': '其他用户可以读取 {0}',
  'Run: chmod 600 {0}': '请运行：chmod 600 {0}',
  '{0} blocks the configuration': '{0} 阻塞了配置',
  '{0} cannot be read': '无法读取 {0}',
  '{0} is damaged': '{0} 已损坏',
  'Correct it, or delete it and add the contexts again.': '请更正它，或删除后重新添加上下文。',
  'Delete it if no other tulou is running.': '如果没有其他 tulou 在运行，请删除它。',
  'The file does not exist.': '文件不存在。',
  'Use letters, digits, dots and hyphens.': '请使用字母、数字、点和连字符。',
  'Sign in with your browser. If it does not open, go to:\n\n  {0}\n':
    '请在浏览器中登录。如果浏览器没有打开，请访问：\n\n  {0}\n',
  'On any device, open\n\n  {0}\n\nand enter the code\n\n  {1}\n':
    '请在任意设备上打开\n\n  {0}\n\n并输入代码\n\n  {1}\n',
  'Return to your terminal. You can close this page.': '请返回终端。您可以关闭此页面。',
  'The sign-in timed out': '登录超时',
  'Without a browser: "tulou login --device".': '没有浏览器时：“tulou login --device”。',
  'Run "tulou login --device" again.': '请再次运行“tulou login --device”。',
  'Check the address: it must be the platform’s own public address (TULOU_PLATFORM_URL).':
    '请检查地址：必须是平台自己的公开地址（TULOU_PLATFORM_URL）。',
  'The platform returned no refresh token': '平台没有返回刷新令牌',
  'The sign-in was denied': '登录被拒绝',
  'No credential was found for this platform. Run "tulou login", or give "--token-file FILE", "--data DIR" or TULOU_TOKEN.':
    '未找到此平台的凭据。请运行“tulou login”，或给出“--token-file FILE”、“--data DIR”或 TULOU_TOKEN。',
  'The credential is unknown, expired or revoked. Run "tulou login", or give another one with "--token-file FILE", "--data DIR" or TULOU_TOKEN.':
    '凭据未知、已过期或已被吊销。请运行“tulou login”，或用“--token-file FILE”、“--data DIR”或 TULOU_TOKEN 给出其他凭据。',
  'The platform refused: {0}': '平台拒绝：{0}',
  '{0} is not the address of a Tulou platform': '{0} 不是土楼平台的地址',
  'Run: tulou login {0}': '请运行：tulou login {0}',
  'Your sign-in at "{0}" has ended': '您在“{0}”的登录已结束',
  'No platform answers at {0}': '{0} 没有平台响应',
  'The host name {0} is unknown. Check the address.': '主机名 {0} 未知。请检查地址。',
  'The platform answered {0}': '平台响应 {0}',
  '{0} answered {1}, but it is not a Tulou platform': '{0} 响应 {1}，但它不是土楼平台',
  'Check the address: it must be the platform listener (by default http://127.0.0.1:8090), not the gateway.':
    '请检查地址：必须是平台监听地址（默认为 http://127.0.0.1:8090），而不是网关。',
  'Start it with "tulou up", or name its address with "--url URL", "--data DIR", TULOU_URL or "tulou context use NAME". "tulou doctor" finds faults.':
    '请用“tulou up”启动，或用“--url URL”、“--data DIR”、TULOU_URL 或“tulou context use NAME”指定地址。“tulou doctor”可查找故障。',

  // operations/
  'Calls of this version are answered 410. Its announced sunset is {0}.':
    '对此版本的调用将返回 410。其公布的下线时间为 {0}。',
  'Calls of this version are answered 410. It has no sunset date, so callers had no notice.':
    '对此版本的调用将返回 410。它没有下线日期，调用方未获通知。',
  'Calls of this version are no longer routed.': '对此版本的调用将不再路由。',
  'Calls without a credential are rejected.': '没有凭据的调用将被拒绝。',
  'Calls that do not use this credential are rejected: {0}.': '不使用此凭据的调用将被拒绝：{0}。',
  'No upstream is left: calls are answered 502.': '没有上游：调用将返回 502。',
  'The new document removes operations ({0}): {1}.': '新文档移除的操作（{0}）：{1}。',
  'Requires: {0}': '需要：{0}',
  nothing: '无',
  'an operator token': '运维令牌',
  'the role {0} in the tenant, or an operator token': '租户中的角色 {0}，或运维令牌',
  '{0}: {1}': '{0}：{1}',
  'Apps that subscribe: {0}.': '订阅的应用：{0}。',
  'Deleted OAuth clients ({0}): {1}.': '将删除的 OAuth 客户端（{0}）：{1}。',
  'Deleted plans ({0}): {1}.': '将删除的套餐（{0}）：{1}。',
  'Deleted versions ({0}): {1}.': '将删除的版本（{0}）：{1}。',
  'Revoked API keys: {0}.': '将吊销的 API 密钥：{0}。',
  'Stopped APIs ({0}): {1}.': '将停止的 API（{0}）：{1}。',
  'Stopped apps ({0}): {1}.': '将停止的应用（{0}）：{1}。',
  'Tenants that installed it: {0}.': '已安装它的租户：{0}。',
  'The app "{0}" can no longer call this API.': '应用“{0}”将不能再调用此 API。',
  'Users deleted for good: {0}.': '将永久删除的用户：{0}。',
  'After the grace period all its data is deleted for good.': '宽限期后，其所有数据将被永久删除。',
  'All data of this user is deleted for good, and their tokens are rejected.':
    '此用户的所有数据将被永久删除，其令牌将被拒绝。',
  'All its tokens and keys are rejected, and its APIs stop answering.': '其所有令牌和密钥将被拒绝，其 API 停止响应。',
  'All tokens of this member are revoked.': '此成员的所有令牌将被吊销。',
  'Every app, installation and token loses this scope. Its name cannot be used again.':
    '所有应用、安装和令牌都将失去此权限范围。其名称不能再次使用。',
  'Every call of this app is rejected.': '此应用的所有调用将被拒绝。',
  'Every gateway rejects the tokens of this app for this tenant until you resume it.':
    '在恢复之前，所有网关都会拒绝此应用用于此租户的令牌。',
  'Every gateway rejects the tokens of this app for this tenant.': '所有网关都会拒绝此应用用于此租户的令牌。',
  'Every gateway rejects the tokens of this client immediately.': '所有网关将立即拒绝此客户端的令牌。',
  'Every gateway rejects the tokens of this issuer.': '所有网关都会拒绝此签发者的令牌。',
  'Every gateway rejects the tokens that this key signed. Users must sign in again.':
    '所有网关都会拒绝由此密钥签发的令牌。用户必须重新登录。',
  'Every gateway rejects this key immediately.': '所有网关将立即拒绝此密钥。',
  'No one can sign in, and every gateway rejects the tokens of this issuer.':
    '无法登录，且所有网关都会拒绝此签发者的令牌。',
  'Programs that use this token can no longer sign in.': '使用此令牌的程序将无法再登录。',
  'The current secret stops working immediately. With --overlap-seconds both secrets work for a time.':
    '当前密钥将立即失效。使用 --overlap-seconds 可使两个密钥在一段时间内都有效。',
  'This person can no longer run operator commands.': '此用户将不能再运行运维命令。',
  'This person is signed out everywhere, and their tokens are rejected.': '此用户将在各处退出登录，其令牌将被拒绝。',
  'This removes all second factors of this person and signs them out. Verify their identity first.':
    '这将移除此用户的所有第二因素并使其退出登录。请先核实其身份。',
  'This removes all second factors of this user and signs them out. Verify their identity first.':
    '这将移除此最终用户的所有第二因素并使其退出登录。请先核实其身份。',
  'This user is signed out everywhere, and their tokens are rejected.': '此最终用户将在各处退出登录，其令牌将被拒绝。',
  'Users who signed in with this provider are signed out and must be invited again.':
    '通过此提供方登录的用户将退出登录，且必须重新邀请。',
  'Users who signed in with this provider are signed out.': '通过此提供方登录的用户将退出登录。',
  '"--set {0}": "{1}" is a value and has no fields.': '“--set {0}”：“{1}”是值，没有字段。',
  '"--set {0}": there is no field "{1}".': '“--set {0}”：没有字段“{1}”。',
  '"--set {0}": there is no field "{1}". Known fields: {2}.': '“--set {0}”：没有字段“{1}”。已知字段：{2}。',
  '"--set" takes PATH=VALUE; "{0}" is not of this form.': '“--set”接受 PATH=VALUE；“{0}”不是这种形式。',
  '"{0}" is neither JSON nor YAML: {1}': '“{0}”既不是 JSON 也不是 YAML：{1}',
  '"{0}" must be one of {1}; "{2}" is not.': '“{0}”必须是 {1} 之一；“{2}”不是。',
  '"{0}" takes a number; "{1}" is not a number.': '“{0}”接受数字；“{1}”不是数字。',
  '"{0}" takes {1}; "{2}" is not one of these.': '“{0}”接受 {1}；“{2}”不在其中。',
  'default {0}': '默认 {0}',
  repeatable: '可重复',
  '"null" for none': '“null”表示无',
  'No {0} "{1}" in {2}.': '在 {2} 中没有{0}“{1}”。',
  'No {0} "{1}".': '没有{0}“{1}”。',
  'There are: {0}.': '现有：{0}。',
  'the catalog': '目录',
  'Calls in the last {0} days: {1}. Callers: {2}{3}.': '最近 {0} 天的调用：{1}。调用方：{2}{3}。',
  'The platform named no {0}': '平台没有给出 {0}',
  '"{0}" is one argument too many: every path parameter is given.': '参数“{0}”是多余的：所有路径参数都已给出。',
  'Give the arguments in this order, or as options such as --{0}. {1}':
    '请按此顺序给出参数，或使用 --{0} 这样的选项。{1}',
  'Missing argument: {0}. "tulou {1}" takes {2}.': '缺少参数：{0}。“tulou {1}”接受 {2}。',
  'Missing options: {0}.': '缺少选项：{0}。',
  'See "tulou {0} --help".': '请参阅“tulou {0} --help”。',
  '{0} does not contain an object': '{0} 不包含对象',
  'The file must be YAML or JSON with the fields of the body.': '文件必须是包含正文各字段的 YAML 或 JSON。',
  'The platform returned the same page twice': '平台两次返回了同一页',
  'Missing option: --output FILE (-o), the file to write.': '缺少选项：--output FILE (-o)，即要写入的文件。',
  'Run it again.': '请再次运行。',
  'The export was interrupted. Nothing was written.': '导出被中断。没有写入任何内容。',
  'Body as YAML or JSON; - reads the standard input': 'YAML 或 JSON 格式的正文；- 表示读取标准输入',
  'Fail if the object has changed since this ETag': '如果对象自此 ETag 以来已更改，则失败',
  'File to write': '要写入的文件',
  'Follow all pages': '读取所有页',
  'Instead of the argument': '代替参数',
  'Makes retries safe; generated if omitted': '使重试安全；省略时自动生成',
  'Print only the ETag, for --if-match': '只输出 ETag，供 --if-match 使用',
  'Set a nested field, e.g. limits.0.requests=100': '设置嵌套字段，例如 limits.0.requests=100',
  'Show all columns': '显示所有列',

  // terminal/
  '1 column is hidden ({0}): --wide or --json shows it.': '有 1 列未显示（{0}）：--wide 或 --json 可显示。',
  '{0} columns are hidden ({1}): --wide or --json shows them.': '有 {0} 列未显示（{1}）：--wide 或 --json 可显示。',
  'Done: {0}.': '完成：{0}。',
  'No {0}.': '没有 {0}。',
  'There are more: add --all, or --cursor {0}': '还有更多：请添加 --all，或 --cursor {0}',
  'This is the only time that the secret is shown. Save it now.': '机密仅显示这一次。请立即保存。',
  'Type "{0}" to continue: ': '请输入“{0}”以继续：',
  'Continue? [y/N] ': '继续？[y/N] ',
  'Canceled. Nothing was changed.': '已取消。没有任何更改。',
  'Without a terminal, run: {0} --yes': '没有终端时，请运行：{0} --yes',
  '{0} already exists.': '{0} 已存在。',
  'Choose another file, or add "--yes" to replace it.': '请选择其他文件，或添加“--yes”以替换。',
  '{0}: this command needs a confirmation': '{0}：此命令需要确认',
  'error:': '错误：',
  'help:': '帮助：',
  'request:': '请求：',
};

export const zh: Readonly<Record<string, string>> = {
  ...manifestZh,
  ...deployZh,
  ...wordsZh,
  ...fieldsZh,
  ...messages,
};
