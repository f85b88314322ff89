/** What the installation was told: one typed object, read once at start. @module */
export { loadConfig, type Config, type ConfigOverrides, type Env, type LogLevel, type Mode } from './load.ts';
export { ConfigError, type ConfigProblem } from './errors.ts';
export { describeConfig, type ConfigRow } from './describe.ts';
export { masterKeyId } from './master-key.ts';
export { systemClock, type Clock } from './clock.ts';
export { filesPlace, type DiskPlace, type FilesPlace, type S3Place } from './files-place.ts';
