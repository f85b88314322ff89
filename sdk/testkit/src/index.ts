/** @module Runs plugins in a real host with a real database, for the tests of their authors. */
export { createTestHost, type TestCall, type TestHost, type TestHostOptions } from './host/host.ts';
export { createTestClock, type TestClock } from './host/clock.ts';
export type { InspectedEvent, InspectedJob } from './host/inspect.ts';
export type { SentMail, SentMessage, TestMember } from './host/messages.ts';
export type { TestPrincipal } from './host/principals.ts';
export type { RecordedAnswer, RecordedAnswers, RecordedHttp, RecordedRequest } from './host/recorded-http.ts';
export type { TestPlugin } from './host/sources.ts';
