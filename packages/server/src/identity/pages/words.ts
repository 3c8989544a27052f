/** What the pages say, in each language. A text that is missing in one does not compile. */
import type { Locale } from '../people/users.ts';
import { accountEn, accountZh, factorEn, factorZh } from './account-words.ts';
import { installEn, installZh } from './install-words.ts';
import { lifecycleEn, lifecycleZh } from './lifecycle-words.ts';
import type { Told } from './told.ts';

type Role = 'viewer' | 'developer' | 'admin' | 'owner';

const en = {
  otherLanguage: '中文',
  error: 'Error',
  mend: 'Something is not right yet',
  signIn: {
    title: 'Sign in',
    lead: (app: string) => `to go on to ${app}`,
    email: 'E-mail',
    password: 'Password',
    button: 'Sign in',
    cancel: 'Cancel',
    wrong: 'E-mail and password do not belong together.',
    wait: (seconds: number) => `Too many attempts. Try again in ${seconds} s.`,
    noMember: 'This account is no member of the tenant that the app asks for. Sign in with another one.',
  },
  ...lifecycleEn,
  factor: factorEn,
  account: accountEn,
  install: installEn,
  consent: {
    title: (app: string) => `Allow ${app}?`,
    lead: (app: string, developer: string) => `${app}, made by ${developer}, asks to act for you.`,
    leadIn: (app: string, developer: string, tenant: string) =>
      `${app}, made by ${developer}, asks to act for you in ${tenant}.`,
    asks: 'It will be able to',
    nothing: 'It asks for nothing that you have not allowed before.',
    risk: { low: 'Low risk', medium: 'Medium risk', high: 'High risk' },
    warning: 'Some of this can do harm. Allow it only if you trust who made the app.',
    only: (data: string) => `Only for: ${data}`,
    as: (name: string, email: string) => `You are ${name} (${email}).`,
    next: (host: string) => `Afterwards you go to ${host}.`,
    allow: 'Allow',
    deny: 'Don’t allow',
  },
  oidc: {
    control: 'Do everything that you may do, in each of your tenants',
    openid: 'Know that you are you',
    profile: 'See your name and language',
    email: 'See your e-mail address',
    offline_access: 'Go on while you are away, until you take it back',
  },
  invitation: {
    title: (tenant: string) => `Join ${tenant}`,
    newPerson: 'Choose a name and a password for your account.',
    known: 'You have an account. Sign in to accept.',
    role: (role: Role) => `Your role: ${en.roles[role]}`,
    name: 'Name',
    password: 'Password',
    passwordHint: (characters: number) => `At least ${characters} characters. A few words are easy to remember.`,
    button: 'Create account and join',
    buttonKnown: 'Sign in and join',
    nameMissing: 'Enter your name.',
    passwordShort: (characters: number) => `The password needs at least ${characters} characters.`,
    passwordLong: (characters: number) => `The password may have at most ${characters} characters.`,
    passwordIsEmail: 'The password must not be your e-mail address.',
    wrong: 'This is not the password of your account.',
    codeTitle: 'Accept an invitation',
    codeLead: 'Copy the code from the mail that invited you.',
    code: 'Code',
    codeButton: 'Continue',
    gone: 'There is no invitation with this code: it was used, is too old, or was replaced. Ask for a new one.',
    done: (tenant: string) => `You have joined ${tenant}`,
    doneLead: 'You can close this page, or go back to the app that you came from.',
  },
  outbox: {
    title: 'Mails that were not sent',
    lead: 'They wait for a mail server, or it has not taken them. For the operator, on this machine only.',
    token: 'Operator token',
    button: 'Show',
    wrong: 'This is not an operator token of this installation.',
    empty: 'There is no mail.',
  },
  roles: { viewer: 'viewer', developer: 'developer', admin: 'admin', owner: 'owner' },
  problem: {
    stale: 'This page is too old',
    staleLead: 'It was used, or left open for too long. Go back to the app and begin again.',
    form: 'This form could not be taken',
    formLead: 'It did not come from this page, or your browser keeps no cookies. Open the page anew and try again.',
    missing: 'There is nothing here',
    missingLead: 'The address is wrong, or no longer in use.',
    failed: 'This did not work',
    failedLead: 'The fault is ours. Try again in a moment.',
  },
} as const;

export type Words = Told<typeof en>;

const zh: Words = {
  otherLanguage: 'English',
  error: '错误',
  mend: '还有需要更正的地方',
  signIn: {
    title: '登录',
    lead: (app) => `继续使用 ${app}`,
    email: '邮箱',
    password: '密码',
    button: '登录',
    cancel: '取消',
    wrong: '邮箱与密码不匹配。',
    wait: (seconds) => `尝试次数过多，请在 ${seconds} 秒后重试。`,
    noMember: '此账号不是该应用所请求租户的成员，请使用其他账号登录。',
  },
  ...lifecycleZh,
  factor: factorZh,
  account: accountZh,
  install: installZh,
  consent: {
    title: (app) => `是否允许 ${app}？`,
    lead: (app, developer) => `由 ${developer} 开发的 ${app} 请求代表你操作。`,
    leadIn: (app, developer, tenant) => `由 ${developer} 开发的 ${app} 请求代表你在 ${tenant} 中操作。`,
    asks: '它将可以',
    nothing: '没有超出你此前已允许的内容。',
    risk: { low: '低风险', medium: '中风险', high: '高风险' },
    warning: '其中部分权限可能造成损害。仅在信任应用开发者时才允许。',
    only: (data) => `仅限：${data}`,
    as: (name, email) => `当前账号：${name}（${email}）。`,
    next: (host) => `之后将前往 ${host}。`,
    allow: '允许',
    deny: '不允许',
  },
  oidc: {
    control: '在你所属的每个租户中，执行你有权执行的一切操作',
    openid: '确认你的身份',
    profile: '查看你的姓名和语言',
    email: '查看你的邮箱地址',
    offline_access: '在你离开后继续运行，直到你收回授权',
  },
  invitation: {
    title: (tenant) => `加入 ${tenant}`,
    newPerson: '请为你的账号设置姓名和密码。',
    known: '你已有账号，登录后即可接受邀请。',
    role: (role) => `你的角色：${zh.roles[role]}`,
    name: '姓名',
    password: '密码',
    passwordHint: (characters) => `至少 ${characters} 个字符。用几个词组成的密码更容易记住。`,
    button: '创建账号并加入',
    buttonKnown: '登录并加入',
    nameMissing: '请输入姓名。',
    passwordShort: (characters) => `密码至少需要 ${characters} 个字符。`,
    passwordLong: (characters) => `密码最多 ${characters} 个字符。`,
    passwordIsEmail: '密码不能与邮箱地址相同。',
    wrong: '账号密码不正确。',
    codeTitle: '接受邀请',
    codeLead: '请从邀请邮件中复制邀请码。',
    code: '邀请码',
    codeButton: '继续',
    gone: '没有与此邀请码对应的邀请：它可能已被使用、已过期或已被替换，请联系邀请人重新发送。',
    done: (tenant) => `你已加入 ${tenant}`,
    doneLead: '你可以关闭此页面，或返回之前的应用。',
  },
  outbox: {
    title: '未发送的邮件',
    lead: '尚未设置邮件服务器，或服务器未接受这些邮件。仅限运维人员在本机查看。',
    token: '运维令牌',
    button: '查看',
    wrong: '这不是本平台的运维令牌。',
    empty: '没有邮件。',
  },
  roles: { viewer: '查看者', developer: '开发者', admin: '管理员', owner: '所有者' },
  problem: {
    stale: '此页面已过期',
    staleLead: '它已被使用，或打开时间过长。请返回应用重新开始。',
    form: '无法接受此表单',
    formLead: '它不是来自此页面，或浏览器未保存 Cookie。请重新打开页面再试。',
    missing: '这里什么也没有',
    missingLead: '地址有误，或已不再使用。',
    failed: '操作未成功',
    failedLead: '这是我们的问题，请稍后再试。',
  },
};

export const words: Readonly<Record<Locale, Words>> = { en, 'zh-CN': zh };

/** The first language of Accept-Language (RFC 9110 §12.5.4), by weight, that there are pages in. */
export function localeOf(accept: string | undefined): Locale {
  const wanted = (accept ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const weight = parameters.find((one) => one.startsWith('q='));
      return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  const first = wanted.find(({ tag }) => /^(?:en|zh)(?:-|$)/.test(tag));
  return first?.tag.startsWith('zh') === true ? 'zh-CN' : 'en';
}
