/** Texts of files (`apply`, `diff`, `export`, `check`) in Simplified Chinese. */
export const manifestZh: Readonly<Record<string, string>> = {
  'the document requires the scope {0}, which the API does not define': '文档要求权限范围 {0}，但此 API 未定义它',
  'with `strict` and without operations, every call would be refused': '启用 `strict` 而没有操作时，所有调用都会被拒绝',
  'Fields that cannot change after creation: {0}': '创建后不能更改的字段：{0}',
  'Delete the object and apply again, or keep the fields as they are.': '请删除该对象后再次应用，或保持这些字段不变。',
  'The environment variable {0} is not set': '环境变量 {0} 未设置',
  'Set it to the secret, or remove "{0}" from the file.': '请将其设为密钥，或从文件中删除“{0}”。',
  'there is no app {0} in {1}': '{1} 中没有应用 {0}',
  'there is no service {0} in {1}': '{1} 中没有服务 {0}',
  'there is no API {0} that {1} may use': '没有 {1} 可以使用的 API {0}',
  'the API {0} has no plan {1}': 'API {0} 没有套餐 {1}',
  'the scope {0} is required and optional': '权限范围 {0} 既为必需又为可选',
  'there is no scope {0}': '没有权限范围 {0}',
  'there is no app {0}': '没有应用 {0}',
  'there is no app {0} that {1} may install': '没有 {1} 可以安装的应用 {0}',
  'the app does not declare the scope {0}': '应用未声明权限范围 {0}',
  'the app requires the scope {0}': '应用要求权限范围 {0}',
  'apps still subscribe: {0}': '仍有应用订阅：{0}',
  'the host name {0} belongs to {1}': '主机名 {0} 属于 {1}',
  'a client without authentication cannot use client_credentials or token exchange':
    '没有身份验证的客户端不能使用 client_credentials 或令牌交换',
  'refresh_token needs authorization_code or the device code': 'refresh_token 需要 authorization_code 或设备代码',
  'authorization_code needs at least one redirect URI': 'authorization_code 至少需要一个重定向 URI',
  'private_key_jwt needs keys, and other methods have none': 'private_key_jwt 需要密钥，其他方式不带密钥',
  'tls_client_auth needs a subject, and other methods have none': 'tls_client_auth 需要主体，其他方式不带主体',
  'tokens are bound to a certificate only with tls_client_auth, and without dpop_bound':
    '仅在使用 tls_client_auth 且未启用 dpop_bound 时，令牌才能绑定到证书',
  'a logout needs a grant type in which people sign in': '登出需要有人登录的授权类型',
  'needs an operator': '需要运维人员',
  'the credential has no role in the tenant {0}': '此凭据在租户 {0} 中没有角色',
  'needs the role {0}; the credential has {1}': '需要角色 {0}；此凭据的角色为 {1}',
  'the role {0} is above that of the credential': '角色 {0} 高于此凭据的角色',
  'a version that is {0} cannot become {1}; {2}': '状态为 {0} 的版本不能变为 {1}；{2}',
  'a version that is {0} needs an upstream with a weight above 0': '状态为 {0} 的版本需要一个权重大于 0 的上游',
  '"sunset_at" is before "deprecated_at"': '“sunset_at”早于“deprecated_at”',
  'this state is final': '这是最终状态',
  'possible: {0}': '可以变为：{0}',
  'the tenant {0} would have no owner': '租户 {0} 将没有所有者',
  'an operator has blocked this app': '运维人员已封禁此应用',
  'an invitation was sent by mail': '已通过邮件发送邀请',
  'without a client secret': '没有客户端密钥',
  'shown only now: keep it in a safe place': '仅显示这一次：请妥善保管',
  '"tulou apply" would be refused ({0}):': '“tulou apply”将被拒绝（{0} 处）：',
  'Left out, because the role of the credential does not allow it: {0}.': '因凭据的角色不允许而省略：{0}。',
  'The file is nested too deep, or contains itself.': '文件嵌套过深，或包含自身。',
  '`{env: NAME}`: the environment variable that holds the secret. Read when the connection is created':
    '`{env: NAME}`：保存密钥的环境变量，在创建连接时读取',
  'A file contains one or more YAML documents: `tenants:`, a list of {slug, name, apis, apps, subscriptions, installations, issuer, connections, members}. An API has {slug, name, scopes, versions, plans, …}, an app {slug, name, clients, …}. The fields are those of the commands ("tulou versions create --help"). `openapi` is a path relative to the file.':
    '文件包含一个或多个 YAML 文档：`tenants:`，其各项为 {slug, name, apis, apps, subscriptions, installations, issuer, connections, members}。API 有 {slug, name, scopes, versions, plans, …}，应用有 {slug, name, clients, …}。字段与命令的字段相同（“tulou versions create --help”）。`openapi` 是相对于该文件的路径。',
  'Objects and fields that the file does not mention stay unchanged. Keys and other secrets are never in the file. A connection names the environment variable of its secret: client_secret: {env: NAME}.':
    '文件未提及的对象和字段保持不变。文件中从不包含密钥等机密。连接以环境变量的名称指明其密钥：client_secret: {env: NAME}。',
  'Members, connections and the issuer are deleted only if the file states their lists, also empty ones.':
    '仅当文件写出成员、连接和颁发者的列表（可以为空）时，才会删除它们。',
  'Show the changes that "tulou apply" would make. Exit code 0: none; 2: some; 65: some would be refused':
    '显示“tulou apply”会进行的更改。退出码 0：没有；2：有更改；65：部分更改会被拒绝',
  'The file has no client secrets. Before you apply it elsewhere, add "client_secret: {env: NAME}" to connections that need one.':
    '文件中没有客户端密钥。在其他平台应用之前，请为需要密钥的连接添加“client_secret: {env: NAME}”。',
  'Check an OpenAPI document as publishing it does: exit code 1 where an error is found':
    '按发布时的规则检查 OpenAPI 文档：发现错误时退出码为 1',
  'Fail on warnings too': '出现警告时也失败',
  'An error makes routing, scopes or metering ambiguous: the operations that it touches are not published, or the whole':
    '错误会使路由、权限范围或计量产生歧义：受影响的操作不会发布，或整个',
  'An error makes routing, scopes or metering ambiguous: the operations that it touches are not published, or the whole document is refused. A warning changes nothing. "tulou versions create --strict-document" refuses both.':
    '错误会使路由、权限范围或计量产生歧义：受影响的操作不会发布，或整个文档被拒绝。警告不改变任何内容。“tulou versions create --strict-document”对两者都会拒绝。',
  'Check OpenAPI documents': '检查 OpenAPI 文档',
  'Missing: the file to check.': '缺少要检查的文件。',
  'Default: what the `security` of the document asks for; `key` where it says nothing':
    '默认：文档的 `security` 所要求的；未说明时为 `key`',
  'Forward only what the document describes, and refuse the rest. Default: where any operation carries scopes':
    '仅转发文档所描述的内容，拒绝其余。默认：在任一操作带有权限范围时启用',
  'Whether owners also sign in with this provider, and must where it is enforced. Only an owner sets this, after a fresh sign-in with two factors':
    '所有者是否也使用此提供方登录（强制时必须使用）。仅所有者在重新以双因素登录后才能设置',
  'The algorithm that signs its `id_token`s (OpenID Connect Registration §2). Access tokens are always ES256':
    '签署其 `id_token` 的算法（OpenID Connect Registration §2）。访问令牌始终使用 ES256',
  '`optional`: a client with authentication may sign people in without PKCE where the request has a `nonce` (RFC 9700 §2.1.1)':
    '`optional`：请求带有 `nonce` 时，有身份验证的客户端可以不用 PKCE 登录用户（RFC 9700 §2.1.1）',
  'It may start a sign-in only by a pushed request (RFC 9126)': '只能通过推送的请求开始登录（RFC 9126）',
  'Domains of the email addresses that sign in with this provider; the tenant must have verified them':
    '使用此提供方登录的电子邮件域名；租户必须已验证它们',
  'Absent: it does not expire': '不填则永不过期',
  'Refuse the document for warnings too': '出现警告时也拒绝该文档',
};
