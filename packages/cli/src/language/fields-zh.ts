/** Descriptions of the fields of the contract in Simplified Chinese, for the options of the commands. */
export const fieldsZh: Readonly<Record<string, string>> = {
  'A DNS label': 'DNS 标签',
  '`next` of the previous page': '上一页的 `next`',
  'Issuer identifier, exactly as in its discovery document': '签发者标识，须与其发现文档完全一致',
  'Stored encrypted and never shown; null if there is none': '加密存储，从不显示；没有时为 null',
  'Require members to sign in with this provider; other sign-ins have no access to the tenant':
    '要求成员通过此提供方登录；其他登录无权访问该租户',
  'At most the role of the member; by default that role': '至多为成员的角色；默认为该角色',
  'Accent colour of its pages; made darker or lighter if text would be unreadable':
    '其页面的强调色；如文字难以辨认，会自动调深或调浅',
  '`open`: anyone with an email address may sign up; `invited`: only users that an admin added':
    '`open`：任何有邮箱地址的人都可注册；`invited`：仅限管理员添加的用户',
  '`paused`: sign-in is closed, and every gateway rejects its tokens': '`paused`：登录关闭，所有网关都会拒绝其令牌',
  'Key ID; by default the current signing key': '密钥 ID；默认为当前签名密钥',
  '`public`: listed in the catalog of every tenant; `private`: visible only to its own tenant':
    '`public`：列入所有租户的目录；`private`：仅对其所属租户可见',
  'An OpenAPI 3.0 or 3.1 document: YAML or JSON as text, or the object itself':
    'OpenAPI 3.0 或 3.1 文档：YAML 或 JSON 文本，或对象本身',
  'By default `live` with upstreams, else `draft`': '有上游时默认为 `live`，否则为 `draft`',
  'Required credential: none (`open`), an API key, a token, or any of the two':
    '所需凭据：无（`open`）、API 密钥、令牌，或两者之一',
  'By default the slug': '默认为标识',
  'Concurrent calls of one subscription': '单个订阅的并发调用数',
  '`manual`: the provider approves each subscription': '`manual`：由提供者批准每个订阅',
  '`low`: any member may grant it; `high`: a gateway with a stale configuration rejects it':
    '`low`：任何成员都可授予；`high`：配置过期的网关会拒绝',
  'Whether a grant can be limited to some data (RFC 9396 `tulou_data`). The services of the API must enforce it':
    '授权是否可限定于部分数据（RFC 9396 `tulou_data`）。须由该 API 的服务执行',
  '`public`: every tenant may install it; `private`: only its own tenant':
    '`public`：所有租户都可安装；`private`：仅限其所属租户',
  'Scopes that the app requires: `<tenant>/<api>:<scope>`': '应用必需的权限范围：`<tenant>/<api>:<scope>`',
  'Scopes that a tenant may also grant to the app': '租户还可授予应用的权限范围',
  'Calls of a suspended app are rejected': '已停用应用的调用会被拒绝',
  'bearer: sent with each call. ed25519, hmac-sha256: signs each call (RFC 9421) and is never sent':
    'bearer：随每次调用发送。ed25519、hmac-sha256：为每次调用签名（RFC 9421），从不发送',
  'Public part of an Ed25519 key: `x` of its JWK (RFC 8037)': 'Ed25519 密钥的公开部分：其 JWK 的 `x`（RFC 8037）',
  'Authentication method at the token endpoint; `none`: a public client that cannot keep a secret':
    '令牌端点的身份验证方式；`none`：无法保密的公开客户端',
  'Allowed redirect URIs after sign-out': '退出登录后允许的重定向 URI',
  'URL for logout notifications (OpenID Connect Back-Channel Logout)':
    '接收退出登录通知的 URL（OpenID Connect Back-Channel Logout）',
  'Public keys (RFC 7517) that verify the assertions of `private_key_jwt`':
    '用于验证 `private_key_jwt` 断言的公钥（RFC 7517）',
  'Subject alternative name of its certificate for `tls_client_auth`: `dns:…` or `uri:…`':
    '`tls_client_auth` 证书的主体备用名称：`dns:…` 或 `uri:…`',
  'Bind access tokens to a key that every call must prove (DPoP, RFC 9449)':
    '将访问令牌绑定到每次调用都须证明的密钥（DPoP，RFC 9449）',
  'Bind access tokens to its TLS certificate, which every call must present (RFC 8705)':
    '将访问令牌绑定到其 TLS 证书，每次调用都须出示（RFC 8705）',
  'All required scopes of the app, and any optional ones; by default only the required ones':
    '应用的全部必需权限范围，以及任意可选权限范围；默认仅必需的',
  'A subset of the scopes that the app declares; by default its required ones':
    '应用声明的权限范围的子集；默认为其必需的权限范围',
  'The member; by default the caller. Only admins may name another member':
    '成员；默认为调用者。仅管理员可指定其他成员',
  'An approval is valid until it is deleted': '审批在被删除之前一直有效',
  'First minute; by default 24 hours before `to`': '起始分钟；默认为 `to` 之前 24 小时',
  'End (exclusive); by default now': '结束（不含）；默认为现在',
  'Comma-separated: api, version, operation, app, key, environment, status, code, and one of minute, hour, day':
    '以逗号分隔：api、version、operation、app、key、environment、status、code，以及 minute、hour、day 之一',
  'Only calls to own APIs, or only calls of own apps': '仅对自有 API 的调用，或仅自有应用的调用',
  'Slug or ID of an API of the tenant, or the ID of any API': '租户的 API 的标识或 ID，或任意 API 的 ID',
  'ID of a version': '版本的 ID',
  'Slug or ID of an app of the tenant, or the ID of any app': '租户的应用的标识或 ID，或任意应用的 ID',
  'ID of a key': '密钥的 ID',
  'Error code of refused calls': '被拒绝调用的错误代码',
  'Error code': '错误代码',
  'Status, or class of status such as 5xx': '状态码，或状态码类别，例如 5xx',
  '`after` of an earlier answer: only calls since then, oldest first': '先前响应的 `after`：仅其后的调用，最早的在前',
  'With `after`: how long to wait for the first call': '与 `after` 一起使用：等待第一个调用的时间',
  'Scopes of the app that calls with this key hold: `<tenant>/<api>:<scope>`':
    '使用此密钥的调用所拥有的应用权限范围：`<tenant>/<api>:<scope>`',
  'Whether owners also sign in with this provider, and must where it is enforced. Only an owner sets this, after a fresh sign-in with two factors':
    '所有者是否也通过此身份提供方登录（强制启用时则必须）。只有所有者可以设置，且须刚以双因素登录',
  'The algorithm that signs its `id_token`s (OpenID Connect Registration §2). Access tokens are always ES256':
    '签名其 `id_token` 的算法（OpenID Connect Registration §2）。访问令牌始终使用 ES256',
  '`optional`: a client with authentication may sign people in without PKCE where the request has a `nonce` (RFC 9700 §2.1.1)':
    '`optional`：经过身份验证的客户端在请求带有 `nonce` 时可以不使用 PKCE 完成登录（RFC 9700 §2.1.1）',
  'It may start a sign-in only by a pushed request (RFC 9126)': '只能通过推送的授权请求发起登录（RFC 9126）',
  'Domains of the email addresses that sign in with this provider; the tenant must have verified them':
    '通过此身份提供方登录的邮箱地址的域名；租户必须已验证这些域名',
};
