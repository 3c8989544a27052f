/** The catalogue of errors in Simplified Chinese. The type makes a missing translation a compile error. */
import type { ErrorCode, ErrorEntry } from './errors.ts';

type Words = Pick<ErrorEntry, 'title' | 'help'>;

const words = (title: string, help: string): Words => ({ title, help });

// oxfmt-ignore
export const zh: Readonly<Record<ErrorCode, Words>> = {
  // Control API
  invalid_request: words('请求无效', '请更正 `violations` 中列出的字段，然后重新发送请求。'),
  openapi_invalid: words('OpenAPI 文档无效', '请更正文档。每条 violation 都指出了位置和期望的值。'),
  unauthenticated: words('需要身份验证', '请发送 `Authorization: Bearer <token>`，令牌须未过期且未被吊销。'),
  forbidden: words('权限不足', '请联系租户的所有者或管理员，或使用具有 `detail` 中所述角色的凭据。'),
  not_found: words('未找到', '请检查标识符和凭据：两者必须属于同一租户。'),
  host_unknown: words('未知主机名', '请使用平台或租户签发者的主机名。代理必须原样转发 `Host`。'),
  method_not_allowed: words('不允许的方法', '请使用 `Allow` 标头中列出的方法。'),
  conflict: words('已存在', '请使用其他名称，或更新现有对象。'),
  idempotency_mismatch: words('幂等键已被使用', '每个新请求请使用新的 `Idempotency-Key`。'),
  domain_unproven: words('域名未验证', '请用 `domains create` 创建 `detail` 中的域名，发布其质询并完成验证，然后重新发送请求。'),
  in_use: words('正在使用中', '请先删除或移走依赖它的对象，`detail` 中列出了这些对象。'),
  state_conflict: words('状态不允许此操作', '请读取该对象。`detail` 说明了此操作要求的状态。'),
  quota_exceeded: words('超出配额', '请删除不再需要的对象，或请运维人员提高配额。重试无济于事。'),
  precondition_failed: words('前提条件不满足', '对象已被更改。请重新读取，并在 `If-Match` 中发送新的 `ETag`。'),
  unsupported_media_type: words('不支持的媒体类型', '请发送 `application/json`。'),
  artifact_invalid: words('构件无效', '请重新打包并上传构件：收到的内容与其摘要或大小不符。'),
  upstream_address_refused: words('不允许的上游地址', '请使用公网地址，或请运维人员允许此地址范围。'),
  internal: words('内部错误', '请重试。如果错误持续存在，请将请求 ID 提供给运维人员。'),
  unavailable: words('服务不可用', '请在 `Retry-After` 所示时间后重试。'),
  too_many_requests: words('请求过多', '请在 `Retry-After` 所示时间后重试，并按 `RateLimit-Policy` 的速率发送请求。'),
  too_many_at_once: words('并发请求过多', '请等待正在进行的请求结束后再试。'),

  // The message: control API and gateway
  malformed_request: words('请求格式错误', '请发送没有歧义的 HTTP 报文（RFC 9112）。内容须与 `Content-Type` 一致；控制 API 要求 JSON。'),
  content_too_large: words('内容过大', '请减少内容。上限见 `detail` 或该 API 的文档。'),

  // Gateway: the connection and the message
  request_timeout: words('请求超时', '请不间断地发送完整请求。'),
  uri_too_long: words('URI 过长', '请缩短路径或查询参数。'),
  expectation_failed: words('无法满足 Expect', '仅支持 `Expect: 100-continue`。'),
  upgrade_refused: words('不支持协议升级', '请去掉 `Upgrade` 后发送请求。'),
  header_fields_too_large: words('标头字段过大', '请减少或缩短标头字段。'),
  method_unsupported: words('不支持的方法', '请使用其他方法。CONNECT 和 TRACE 从不转发。'),
  http_version_unsupported: words('不支持的 HTTP 版本', '请使用 HTTP/1.1。'),

  // Gateway: the call
  route_not_found: words('此地址没有 API', '请调用已上线版本的 `/{tenant}/{api}/{version}/…`。'),
  operation_unknown: words('没有此操作', '请按该 API 文档中的方法和完整路径调用其操作。'),
  request_ambiguous: words('请求有歧义', '发送路径时不要使用编码的斜杠和控制字符，方法请写在请求行中。原因见 `detail`。'),
  version_retired: words('版本已下线', '请使用该 API 的在线版本。'),
  credential_missing: words('需要凭据', '请以 `Authorization: Bearer <key>` 或 `X-API-Key: <key>` 发送 API 密钥。'),
  credential_invalid: words('凭据无效', '请检查密钥是否完整、未过期且未被吊销。'),
  installation_required: words('需要安装应用', '租户管理员须在 `detail` 中的地址安装此应用。'),
  scope_required: words('权限范围不足', '`detail` 中列出缺少的权限范围。令牌由租户管理员在其中的地址授予，密钥用其中的命令授予。'),
  token_expired: words('访问令牌已过期', '请使用刷新令牌或客户端凭据获取新令牌。'),
  proof_required: words('缺少 DPoP 证明或证明无效', '请为此请求发送新的 DPoP 证明（RFC 9449）：令牌已绑定到密钥。'),
  signature_invalid: words('请求签名无效', '请按 docs/how-to/sign-requests.md 签名。`detail` 指出了问题所在。'),
  content_digest_mismatch: words('内容摘要不匹配', '请对实际发送的内容计算 `Content-Digest`，然后重新签名。'),
  certificate_required: words('需要客户端证书', '请使用签发令牌时的证书建立 TLS 连接（RFC 8705）。'),
  stale_configuration: words('配置已过期', '请重试。网关目前无法核实此授权；低风险的调用仍可成功。'),
  environment_unavailable: words('环境不可用', '请使用另一环境的凭证调用，或请 API 提供方为此环境提供上游。'),
  subscription_required: words('需要订阅', '请为应用订阅此 API 的套餐。如套餐要求审批，请等待批准。'),
  tenant_suspended: words('租户已停用', '请联系本平台的运维人员。'),
  rate_limited: words('超出速率限制', '请等待 `Retry-After` 所示的时间，或选择更大的套餐。'),
  concurrency_limited: words('超出并发限制', '请等待正在进行的调用结束，或选择更大的套餐。'),
  upstream_unreachable: words('无法连接上游服务', '请重试。如果错误持续存在，请联系 API 提供者。'),
  upstream_malformed: words('上游响应格式错误', '请联系 API 提供者：其服务的响应不是有效的 HTTP。'),
  upstream_refused: words('不允许的上游地址', '请联系 API 提供者：其服务的地址不被本平台允许。'),
  upstream_timeout: words('上游超时', '请稍后重试。如果错误持续存在，请联系 API 提供者。'),
  host_unavailable: words('没有运行服务的主机', '请在 `Retry-After` 的时间之后重试。若问题持续，请联系运维人员：没有运行服务的主机作出响应。'),
  service_unavailable: words('服务未运行', '请在 `Retry-After` 的时间之后重试。若问题持续，请联系 API 提供者：该服务在此环境中没有发布，或其实例无法启动。'),
  overloaded: words('网关过载', '请在 `Retry-After` 所示时间后重试。'),
  spool_full: words('无法记录用量', '请联系运维人员：网关的磁盘已满。'),
  not_ready: words('网关尚未就绪', '请稍候重试。网关尚未加载配置。'),
};
