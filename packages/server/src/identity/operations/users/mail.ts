/** The mail to a new end user, in both languages: the language of the person is not known yet. Pure. */
export function welcomeMail(name: string, link: string): { readonly subject: string; readonly body: string } {
  const body = [
    `There is an account for you at ${name}. Choose a password here, with the address that this mail came to:`,
    `${name} 已为您创建账号。请使用收到此邮件的地址，在此设置密码：`,
    link,
    'If you do not expect this, do nothing. / 如果您并不知情，请忽略此邮件。',
  ].join('\n\n');
  return { subject: `Your account at ${name} / 您在 ${name} 的账号`, body: `${body}\n` };
}
