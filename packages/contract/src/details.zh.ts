/**
 * Details of errors in Simplified Chinese, by their English text with `{0}`, `{1}` … for values. A detail without an entry stays
 * in English: it is an addition to the title and the remedy, which are always translated.
 */
const details: Readonly<Record<string, string>> = {
  // Gateway
  'An admin of the tenant can install the app at {0}': '租户管理员可在 {0} 安装此应用',
  'The operation needs {0}. An admin of the tenant can grant it at {1}': '此操作需要 {0}。租户管理员可在 {1} 授予',
  'This is no operation of the API, and its operations need scopes.': '这不是该 API 的操作，而其操作需要权限范围。',
  'The path must not contain the segments "." or "..".': '路径不得包含“.”或“..”段。',
  'Send exactly one credential.': '请只发送一个凭据。',
  'This token is of a tenant’s own issuer: only APIs of that tenant take it.':
    '此令牌由租户自己的签发者签发：仅该租户的 API 接受。',
  'This version takes access tokens, not API keys.': '此版本接受访问令牌，不接受 API 密钥。',
  'This version takes API keys, not access tokens.': '此版本接受 API 密钥，不接受访问令牌。',
  'This token is bound to no key.': '此令牌未绑定密钥。',
  'The nonce was used before.': '此 nonce 已被使用。',
  'A component is covered that is not in the request, twice, or with a parameter.':
    '签名涵盖的组件不在请求中、重复出现或带有参数。',
  'The signature is wrong, or its key is not valid.': '签名错误，或其密钥无效。',
  'Content-Digest must hold the sha-256 or sha-512 of the content.':
    'Content-Digest 必须包含内容的 sha-256 或 sha-512。',
  'Signature-Input or Signature cannot be read.': '无法解析 Signature-Input 或 Signature。',
  'A signature is missing.': '缺少签名。',
  'Sign with exactly one key.': '请只用一个密钥签名。',
  'The signature needs a nonce of 1 to 128 characters.': '签名需要 1 到 128 个字符的 nonce。',
  'The signature needs its time in `created`.': '签名需要在 `created` 中给出时间。',
  'The signature has expired.': '签名已过期。',
  'The signature must cover "{0}".': '签名必须涵盖“{0}”。',

  // Control API
  'at most {0} bytes': '最多 {0} 字节',
  'the body is empty': '正文为空',
  '{0} apps subscribe to this plan.': '有 {0} 个应用订阅此套餐。',
  '{0} apps subscribe to this API.': '有 {0} 个应用订阅此 API。',
  '{0} apps subscribe to this API. Deprecate and retire the version first.':
    '有 {0} 个应用订阅此 API。请先弃用并下线该版本。',
  'There is a plan `{0}` already.': '套餐 `{0}` 已存在。',
  'There is an API `{0}` already.': 'API `{0}` 已存在。',
  'There is an app `{0}` already.': '应用 `{0}` 已存在。',
  'There is a version `{0}` already.': '版本 `{0}` 已存在。',
  'There is a scope `{0}`, or there was one.': '权限范围 `{0}` 已存在或曾经存在。',
  'The host name {0} is taken.': '主机名 {0} 已被占用。',
  'the slug is taken': '该标识已被占用',
  'this tenant has a member of this email': '此租户已有使用该邮箱的成员',
  'This issuer has a user of this address.': '此签发者已有使用该地址的用户。',
  'The tenant has no issuer of its own.': '该租户没有自己的签发者。',
  'This user is disabled already.': '此用户已被禁用。',
  'This user is not disabled.': '此用户未被禁用。',
  'This person is disabled already.': '此用户已被禁用。',
  'This person is not disabled.': '此用户未被禁用。',
  'this person is an operator already': '此用户已是运维人员',
  'No person here has shown this address to be theirs.': '没有用户验证过此地址。',
  'The app is installed already.': '该应用已安装。',
  'The app is suspended.': '该应用已停用。',
  'An operator has blocked this app.': '运维人员已封禁此应用。',
  'In this tenant only admins install apps: ask one': '此租户仅管理员可安装应用：请联系管理员',
  'An admin has to grant {0}': '须由管理员授予 {0}',
  'An admin has been asked for this app already.': '已就此应用向管理员提出申请。',
  'No admin has installed the app yet.': '尚无管理员安装此应用。',
  'The installation was revoked.': '该安装已被撤销。',
  'The installation does not grant {0} yet.': '该安装尚未授予 {0}。',
  'The installation is `{0}`; this needs one that is `{1}`.': '安装的状态为 `{0}`；此操作要求 `{1}`。',
  'The subscription is `{0}`; this needs one that is `{1}`.': '订阅的状态为 `{0}`；此操作要求 `{1}`。',
  'The subscription is `{0}`; subscribe again.': '订阅的状态为 `{0}`；请重新订阅。',
  'The app has a subscription to this API already.': '该应用已订阅此 API。',
  'The app has {0} subscriptions. End them first.': '该应用有 {0} 个订阅。请先终止它们。',
  'The app is `{0}`.': '应用的状态为 `{0}`。',
  'The approval is `{0}`.': '审批的状态为 `{0}`。',
  'A version that is `{0}` goes to {1}, not to `{2}`.': '状态为 `{0}` 的版本可变为 {1}，不能变为 `{2}`。',
  'There are {0} {1}, and no more may be.': '已达上限：{0} {1}。',
  'needs the role {0}': '需要角色 {0}',
  'the role {0} is above your own': '角色 {0} 高于您自己的角色',
  'this is the last owner; make another member owner first': '这是最后一位所有者；请先将另一位成员设为所有者',
  'This member has joined already.': '此成员已加入。',
  'This client has no secret.': '此客户端没有密钥。',
  'The key has expired; create a new one.': '密钥已过期；请创建新的密钥。',
  'the tenant is being deleted; restore it first': '该租户正在删除；请先恢复',
  'the tenant is being deleted already': '该租户已在删除中',
  'the tenant is not being deleted': '该租户未在删除',
  'the grace period is over': '宽限期已过',
  'the tenant is suspended already': '该租户已停用',
  'the tenant is not suspended': '该租户未停用',
  'other exports are running': '其他导出正在进行',
  'too many concurrent {0}': '同时进行的 {0} 过多',
  'too many {0} at once': '同时进行的 {0} 过多',
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Texts with values, the longest first: the most specific one applies. */
const patterns = Object.entries(details)
  .filter(([english]) => english.includes('{0}'))
  .toSorted(([a], [b]) => b.length - a.length)
  .map(([english, chinese]) => ({
    pattern: new RegExp(
      `^${english
        .split(/\{\d\}/)
        .map(escaped)
        .join('(.+?)')}$`,
    ),
    chinese,
  }));

/** The Chinese text of a detail; the detail itself if there is none. */
export function detailZh(detail: string): string {
  if (Object.hasOwn(details, detail)) return details[detail] ?? detail;
  for (const { pattern, chinese } of patterns) {
    const match = pattern.exec(detail);
    if (match !== null) return chinese.replaceAll(/\{(\d)\}/g, (_, place: string) => match[Number(place) + 1] ?? '');
  }
  return detail;
}
