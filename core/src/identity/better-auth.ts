import { betterAuth } from 'better-auth';
import { authOptions, type AuthSettings } from './auth-options.ts';

/** Starts better-auth. Import this module lazily: it costs more than a second, and most processes never need it. */
export const startBetterAuth = (settings: AuthSettings) => betterAuth(authOptions(settings));
