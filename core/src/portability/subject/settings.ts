import { z } from 'zod';

/** Owner of the settings, and of the key that travels with a tenant. */
export const PRIVACY = 'core.privacy';

/** What a workspace decides about people's data. */
export const privacySettings = z.strictObject({
  /** Why nothing may be deleted now; absent when nothing stands against it. */
  legalHold: z.string().trim().min(1).max(500).optional(),
  /** Data about an erased person that comes in so many days later was on its way, and is erased too. */
  lateDays: z.int().min(0).max(30).default(3),
  /** Days until a request must be answered. */
  answerDays: z.int().min(1).max(90).default(30),
  /** Days for which what was exported can be downloaded. */
  downloadDays: z.int().min(1).max(90).default(14),
});

export type PrivacySettings = z.infer<typeof privacySettings>;
