import { text, type Text } from '@podlift/sdk';
import type { LetterKind } from '../identity/index.ts';

/** Letters that exist: about accounts, and to those who run the installation. */
export type WrittenLetter = LetterKind | 'plugin-degraded' | 'test';

interface Words {
  readonly subject: Text;
  readonly body: Text;
  readonly action?: Text;
  /** Whom it is about, for the sentence at its end. */
  readonly about: 'account' | 'guest' | 'operator';
}

/** What each letter says. */
export const LETTERS: Readonly<Record<WrittenLetter, Words>> = {
  'verify-email': {
    about: 'account',
    subject: text({ en: 'Confirm your e-mail address', de: 'Bestätigen Sie Ihre E-Mail-Adresse' }),
    body: text({
      en: 'Hello {name},\n\nsomebody, probably you, made an account on Podlift with this address. Confirm that it is yours.\n\nThe link is good for a day. If it was not you, do nothing.',
      de: 'Guten Tag {name},\n\njemand, vermutlich Sie, hat mit dieser Adresse ein Konto bei Podlift angelegt. Bestätigen Sie, dass es Ihre ist.\n\nDer Link gilt einen Tag. Wenn Sie es nicht waren, tun Sie nichts.',
    }),
    action: text({ en: 'Confirm the address', de: 'Adresse bestätigen' }),
  },
  'sign-up': {
    about: 'guest',
    subject: text({ en: 'Confirm your e-mail address', de: 'Bestätigen Sie Ihre E-Mail-Adresse' }),
    body: text({
      en: 'Hello,\n\nsomebody, probably you, wants an account on Podlift with this address. Confirm that it is yours, and the account is made.\n\nThe link works once, within a day. If it was not you, do nothing: no account is made.',
      de: 'Guten Tag,\n\njemand, vermutlich Sie, möchte mit dieser Adresse ein Konto bei Podlift. Bestätigen Sie, dass es Ihre ist, dann wird das Konto angelegt.\n\nDer Link gilt einmal und einen Tag lang. Wenn Sie es nicht waren, tun Sie nichts: dann wird kein Konto angelegt.',
    }),
    action: text({ en: 'Confirm and make the account', de: 'Bestätigen und Konto anlegen' }),
  },
  'sign-up-again': {
    about: 'account',
    subject: text({ en: 'You have an account already', de: 'Sie haben schon ein Konto' }),
    body: text({
      en: 'Hello {name},\n\nsomebody, probably you, wanted to make an account on Podlift with this address. There is one already: sign in with it, or choose a new password.\n\nIf it was not you, do nothing: your account stays as it is.',
      de: 'Guten Tag {name},\n\njemand, vermutlich Sie, wollte mit dieser Adresse ein Konto bei Podlift anlegen. Es gibt schon eines: Melden Sie sich damit an, oder wählen Sie ein neues Passwort.\n\nWenn Sie es nicht waren, tun Sie nichts: Ihr Konto bleibt, wie es ist.',
    }),
    action: text({ en: 'Choose a new password', de: 'Neues Passwort wählen' }),
  },
  'reset-password': {
    about: 'account',
    subject: text({ en: 'Choose a new password', de: 'Wählen Sie ein neues Passwort' }),
    body: text({
      en: 'Hello {name},\n\nsomebody, probably you, asked for a new password for your account on Podlift.\n\nThe link works once, within an hour. If it was not you, do nothing: your password stays as it is.',
      de: 'Guten Tag {name},\n\njemand, vermutlich Sie, hat für Ihr Konto bei Podlift ein neues Passwort verlangt.\n\nDer Link gilt einmal und eine Stunde lang. Wenn Sie es nicht waren, tun Sie nichts: Ihr Passwort bleibt, wie es ist.',
    }),
    action: text({ en: 'Choose a new password', de: 'Neues Passwort wählen' }),
  },
  'password-changed': {
    about: 'account',
    subject: text({ en: 'Your password was changed', de: 'Ihr Passwort wurde geändert' }),
    body: text({
      en: 'Hello {name},\n\nthe password of your account on Podlift was changed ({when}), and other devices were signed out.\n\nIf it was not you, choose a new password at once and tell whoever runs this installation.',
      de: 'Guten Tag {name},\n\ndas Passwort Ihres Kontos bei Podlift wurde geändert ({when}), andere Geräte wurden abgemeldet.\n\nWenn Sie es nicht waren, wählen Sie sofort ein neues Passwort und sagen Sie es denen, die diese Installation betreiben.',
    }),
    action: text({ en: 'It was not me: choose a new password', de: 'Ich war es nicht: neues Passwort wählen' }),
  },
  'new-device': {
    about: 'account',
    subject: text({ en: 'A sign-in from a new device', de: 'Eine Anmeldung von einem neuen Gerät' }),
    body: text({
      en: 'Hello {name},\n\nsomebody signed in to your account on Podlift from a device that it does not know yet.\n\nWhen: {when}\nFrom: {ip}\nWith: {device}\n\nIf it was you, all is well. If not, choose a new password at once: that signs everybody out.',
      de: 'Guten Tag {name},\n\njemand hat sich bei Ihrem Konto auf Podlift von einem Gerät angemeldet, das es noch nicht kennt.\n\nWann: {when}\nVon: {ip}\nMit: {device}\n\nWenn Sie es waren, ist alles gut. Wenn nicht, wählen Sie sofort ein neues Passwort: das meldet alle ab.',
    }),
    action: text({ en: 'It was not me: choose a new password', de: 'Ich war es nicht: neues Passwort wählen' }),
  },
  invitation: {
    about: 'guest',
    subject: text({ en: 'Join {workspace} on Podlift', de: 'Kommen Sie zu {workspace} auf Podlift' }),
    body: text({
      en: 'Hello,\n\nyou were invited to {workspace} on Podlift as {role}.\n\nThe link is for you alone and works once, within a week.',
      de: 'Guten Tag,\n\nSie wurden zu {workspace} auf Podlift eingeladen, als {role}.\n\nDer Link ist nur für Sie und gilt einmal, eine Woche lang.',
    }),
    action: text({ en: 'Join {workspace}', de: 'Zu {workspace}' }),
  },
  'plugin-degraded': {
    about: 'operator',
    subject: text({ en: 'The plugin {plugin} is degraded', de: 'Das Plugin {plugin} ist gestört' }),
    body: text({
      en: 'The plugin {plugin} does not run: {reason}\n\nThe rest of the installation is up. `podlift plugin show {plugin}` says more, `podlift plugin retry {plugin}` tries again.',
      de: 'Das Plugin {plugin} läuft nicht: {reason}\n\nDer Rest der Installation läuft. `podlift plugin show {plugin}` sagt mehr, `podlift plugin retry {plugin}` versucht es erneut.',
    }),
  },
  test: {
    about: 'operator',
    subject: text({ en: 'A test from Podlift', de: 'Ein Test von Podlift' }),
    body: text({
      en: 'Mails from this installation reach you.\n\nIt was sent by `podlift notify test` on {host}.',
      de: 'Mails von dieser Installation erreichen Sie.\n\nDiese kam von `podlift notify test` auf {host}.',
    }),
  },
};
