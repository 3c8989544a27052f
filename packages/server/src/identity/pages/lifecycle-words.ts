/** What is said where people come: at pages, and in mails. In each language. */
import type { Told } from './told.ts';

export const lifecycleEn = {
  signUp: {
    title: 'Create an account',
    lead: 'We mail you a link that shows that the address is yours.',
    button: 'Send the link',
    link: 'Create an account',
    emailWrong: 'Enter an e-mail address, like ann@example.com.',
    askedTitle: 'Look into your mail',
    asked: (email: string) => `A mail is on its way to ${email}. Open its link to go on. It may take a minute.`,
    finishTitle: 'Finish your account',
    finishLead: 'Choose a name and a password.',
    finish: 'Create account',
    doneTitle: 'Your account is there',
    done: 'You can sign in now.',
    goneTitle: 'This link opens nothing',
    gone: 'It was used, is too old, or is not whole. Ask for a new one.',
    goOn: 'Go on',
    mailSubject: (name: string) => `Your account at ${name}`,
    mailBody: (name: string, link: string) =>
      `Open this link within an hour to create your account at ${name}:\n\n${link}\n\nIf you have not asked for it, do nothing: no account is made.\n`,
    knownSubject: (name: string) => `You have an account at ${name}`,
    knownBody: (name: string, link: string) =>
      `Somebody, probably you, wants to create an account at ${name} with this address. There is one already: sign in with it.\n\nIf you do not know its password any more, choose a new one:\n\n${link}\n`,
  },
  reset: {
    title: 'Choose a new password',
    lead: 'We mail you a link, if there is an account of this address.',
    link: 'Password forgotten?',
    button: 'Send the link',
    asked: (email: string) =>
      `If there is an account of ${email}, a mail is on its way to it. Open its link to go on. It may take a minute.`,
    finishLead: (email: string) => `For the account of ${email}. You are signed out everywhere.`,
    finish: 'Set the password',
    doneTitle: 'The password is set',
    mailSubject: (name: string) => `A new password for your account at ${name}`,
    mailBody: (link: string) =>
      `Open this link within an hour to choose a new password:\n\n${link}\n\nIf you have not asked for it, do nothing: your password stays.\n`,
    changedSubject: (name: string) => `The password of your account at ${name} was changed`,
    changedBody:
      'The password of your account was changed just now. If that was not you, choose a new one at once, and tell the operator.\n',
  },
  federation: {
    by: (name: string) => `Sign in with ${name}`,
    only: 'Members of this tenant sign in by its own provider only.',
    link: 'Sign in with your organisation',
    title: 'Sign in with your organisation',
    lead: 'Where you are a member, people may sign in by a provider of their own.',
    tenant: 'Tenant',
    tenantHint: 'The short name of your organisation here, like acme.',
    button: 'Continue',
    none: 'There is no such way to sign in there.',
    back: 'Back',
    managed: 'Your organisation signs you in',
    managedLead: 'How you sign in is set there, not here.',
    failed: 'Your organisation did not sign you in',
    failedLead:
      'Its provider could not be reached, did not agree, or answered what cannot be trusted. Go back to the app and try again, or tell an admin of your tenant.',
    unknown: 'You are no member here',
    unknownLead: (email: string) =>
      `Your organisation knows you${email === '' ? '' : ` as ${email}`}, but there is no member of that verified address. Ask an admin of your tenant to add you.`,
  },
} as const;

export const lifecycleZh: Told<typeof lifecycleEn> = {
  signUp: {
    title: '创建账号',
    lead: '我们会发送一封带有链接的邮件，用于确认该邮箱属于你。',
    button: '发送链接',
    link: '创建账号',
    emailWrong: '请输入邮箱地址，例如 ann@example.com。',
    askedTitle: '请查收邮件',
    asked: (email) => `邮件正在发往 ${email}，请打开其中的链接继续。可能需要一分钟。`,
    finishTitle: '完成账号创建',
    finishLead: '请设置姓名和密码。',
    finish: '创建账号',
    doneTitle: '账号已创建',
    done: '现在可以登录了。',
    goneTitle: '此链接无法打开任何内容',
    gone: '它可能已被使用、已过期或不完整，请重新获取。',
    goOn: '继续',
    mailSubject: (name) => `你在 ${name} 的账号`,
    mailBody: (name, link) =>
      `请在一小时内打开此链接，创建你在 ${name} 的账号：\n\n${link}\n\n如果不是你本人的请求，请忽略此邮件，不会创建任何账号。\n`,
    knownSubject: (name) => `你在 ${name} 已有账号`,
    knownBody: (name, link) =>
      `有人（可能是你）想用此邮箱在 ${name} 创建账号。账号已存在，请直接登录。\n\n如果忘记了密码，可以重新设置：\n\n${link}\n`,
  },
  reset: {
    title: '设置新密码',
    lead: '如果该邮箱有账号，我们会发送一封带有链接的邮件。',
    link: '忘记密码？',
    button: '发送链接',
    asked: (email) => `如果 ${email} 有账号，邮件正在发往该邮箱，请打开其中的链接继续。可能需要一分钟。`,
    finishLead: (email) => `账号：${email}。你将在所有设备上退出登录。`,
    finish: '设置密码',
    doneTitle: '密码已设置',
    mailSubject: (name) => `重设你在 ${name} 的账号密码`,
    mailBody: (link) =>
      `请在一小时内打开此链接设置新密码：\n\n${link}\n\n如果不是你本人的请求，请忽略此邮件，密码不会改变。\n`,
    changedSubject: (name) => `你在 ${name} 的账号密码已更改`,
    changedBody: '你的账号密码刚刚被更改。如果不是你本人操作，请立即重新设置密码并告知运维人员。\n',
  },
  federation: {
    by: (name) => `使用 ${name} 登录`,
    only: '此租户的成员只能通过其自有的身份提供方登录。',
    link: '使用所在组织登录',
    title: '使用所在组织登录',
    lead: '你所在的租户可能提供自有的登录方式。',
    tenant: '租户',
    tenantHint: '你的组织在此处的短名称，例如 acme。',
    button: '继续',
    none: '该处没有这样的登录方式。',
    back: '返回',
    managed: '由你的组织负责登录',
    managedLead: '登录方式在你的组织中设置，而不是在这里。',
    failed: '你的组织未能让你登录',
    failedLead: '其身份提供方无法访问、未同意，或其回答不可信。请返回应用重试，或告知你所在租户的管理员。',
    unknown: '你不是这里的成员',
    unknownLead: (email) =>
      `你的组织认识你${email === '' ? '' : `（${email}）`}，但这里没有使用该已验证邮箱的成员。请联系租户管理员添加你。`,
  },
};
