/** The texts of the pages of the protocol itself: connecting a device, signing out, requests that can't be served. */
import type { Locale } from '../people/users.ts';
import type { Told } from '../web/told.ts';

const en = {
  error: {
    title: 'This request cannot be served',
    app: 'The app that sent you here is not set up right. Tell whoever makes it; what follows helps them.',
    stale: 'It was used, or left open for too long. Go back to the app and begin again.',
    failed: 'The fault is ours. Try again in a moment.',
    detail: 'For the developer',
  },
  device: {
    title: 'Connect a device',
    lead: 'Enter the code that your device shows.',
    code: 'Code',
    button: 'Continue',
    wrong: 'That code is not right. Look at your device and try again.',
    expired: 'That code is too old. Let your device show a new one.',
    used: 'That code was used already. Let your device show a new one.',
    aborted: 'The device was not connected.',
    failed: 'That did not work. Try again.',
    wait: (seconds: number) => `Too many codes that were not right. Try again in ${seconds} s.`,
    confirmTitle: 'Connect this device?',
    confirm: (app: string) =>
      `${app} asks to act for you. Go on only if you began this yourself, just now, and your device shows this code:`,
    warning: 'Nobody who calls or writes to you needs this. If somebody gave you the code, cancel.',
    cancel: 'Cancel',
    doneTitle: 'The device is connected',
    done: (app: string) => `${app} goes on by itself. You can close this page.`,
  },
  logout: {
    title: 'Do you want to sign out?',
    lead: 'This signs you out here, and at the apps that you came to from here.',
    leadFor: (app: string) =>
      `${app} asks whether to sign you out here too, and at the other apps that you came to from here.`,
    button: 'Sign out',
    stay: 'Stay signed in',
    doneTitle: 'You are signed out',
    done: 'You can close this page.',
  },
} as const;

export type ProtocolWords = Told<typeof en>;

const zh: ProtocolWords = {
  error: {
    title: '无法处理此请求',
    app: '将你带到这里的应用设置有误。请告知其开发者，以下信息对其有帮助。',
    stale: '它已被使用，或打开时间过长。请返回应用重新开始。',
    failed: '这是我们的问题，请稍后再试。',
    detail: '供开发者参考',
  },
  device: {
    title: '连接设备',
    lead: '请输入设备上显示的代码。',
    code: '代码',
    button: '继续',
    wrong: '代码不正确。请查看设备后重试。',
    expired: '此代码已过期，请在设备上获取新代码。',
    used: '此代码已被使用，请在设备上获取新代码。',
    aborted: '设备未连接。',
    failed: '操作未成功，请重试。',
    wait: (seconds) => `错误代码次数过多，请在 ${seconds} 秒后重试。`,
    confirmTitle: '是否连接此设备？',
    confirm: (app) => `${app} 请求代表你操作。仅当这是你本人刚刚发起、且设备显示以下代码时才继续：`,
    warning: '任何致电或写信给你的人都不需要此操作。如果代码是别人给你的，请取消。',
    cancel: '取消',
    doneTitle: '设备已连接',
    done: (app) => `${app} 将自动继续，你可以关闭此页面。`,
  },
  logout: {
    title: '是否退出登录？',
    lead: '你将在此处以及从此处登录的应用中退出。',
    leadFor: (app) => `${app} 询问是否也在此处以及从此处登录的其他应用中退出。`,
    button: '退出登录',
    stay: '保持登录',
    doneTitle: '你已退出登录',
    done: '你可以关闭此页面。',
  },
};

export const protocolWords: Readonly<Record<Locale, ProtocolWords>> = { en, 'zh-CN': zh };
