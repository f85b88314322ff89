/** Messages to people: kinds, inboxes, preferences, mail, and channels of plugins. @module */
export type { Channel, ChannelMessage, Channels } from './channels.ts';
export { CORE_KINDS } from './core-kinds.ts';
export type { NotifyDeps } from './deps.ts';
export { kindOf, type NotificationKind } from './kind.ts';
export type { AnyLetter, Letters } from './letters.ts';
export { migrations } from './migrations.ts';
export { createNotify, type Notify } from './notify.ts';
export { tellJobDead, tellQuota, type DeadJob, type QuotaState } from './notices.ts';
export type { People, Reader } from './people.ts';
export { requestNotification, Recipients, type NotificationRequest } from './request.ts';
export { notifyRoutes, type NotifyRouteDeps } from './routes.ts';
export { isAddress, parseSender } from './mail/address.ts';
export { createSmtpDriver, smtpOptions } from './mail/smtp.ts';
export { MailFailure, type Mail, type MailDriver } from './mail/mail.ts';
