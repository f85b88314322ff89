import { text, translate, type Text } from '@podlift/sdk';

/** What core itself says in mails and pages. */
const WORDS = {
  open: text({ en: 'Open in Podlift', de: 'In Podlift öffnen' }),
  foot: text({
    en: 'You get this mail because you are a member of {workspace} on Podlift. What reaches you, and when, is your choice in the settings.',
    de: 'Sie bekommen diese Mail, weil Sie Mitglied von {workspace} bei Podlift sind. Was Sie wann erreicht, bestimmen Sie in den Einstellungen.',
  }),
  accountFoot: text({
    en: 'You get this mail because of your account on Podlift. It is about its safety and cannot be switched off.',
    de: 'Sie bekommen diese Mail wegen Ihres Kontos bei Podlift. Sie dient dessen Sicherheit und lässt sich nicht abschalten.',
  }),
  operatorFoot: text({
    en: 'You get this mail because you run this installation of Podlift.',
    de: 'Sie bekommen diese Mail, weil Sie diese Installation von Podlift betreiben.',
  }),
  guestFoot: text({
    en: 'You get this mail because somebody invited this address. If you do not know them, do nothing.',
    de: 'Sie bekommen diese Mail, weil jemand diese Adresse eingeladen hat. Wenn Sie ihn nicht kennen, tun Sie nichts.',
  }),
  unsubscribe: text({
    en: 'No more mails of this kind ({category})',
    de: 'Keine Mails dieser Art mehr ({category})',
  }),
  digestSubject: text({
    en: 'Your day on {workspace}: {count} messages',
    de: 'Ihr Tag bei {workspace}: {count} Nachrichten',
  }),
  digestOne: text({ en: 'Your day on {workspace}: one message', de: 'Ihr Tag bei {workspace}: eine Nachricht' }),
  digestMore: text({ en: 'And {count} more in your inbox.', de: 'Und {count} weitere in Ihrem Posteingang.' }),
  security: text({ en: 'security', de: 'Sicherheit' }),
  activity: text({ en: 'activity', de: 'Aktivität' }),
  results: text({ en: 'results', de: 'Ergebnisse' }),
  problems: text({ en: 'problems', de: 'Probleme' }),
  billing: text({ en: 'billing', de: 'Abrechnung' }),
} as const satisfies Record<string, Text>;

export type Word = keyof typeof WORDS;

/** One of them, filled, in a language. */
export const say = (word: Word, language: string, fill: Readonly<Record<string, string | number>> = {}): string =>
  translate(WORDS[word], language).replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ''));
