/** One thing that is wrong with the configuration: which variable, what, and what to do about it. */
export interface ConfigProblem {
  readonly variable: string;
  readonly problem: string;
  readonly fix: string;
}

/** The configuration cannot be used. Carries every problem at once, so that one restart mends all of them. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem, fix }) => `  ${variable}: ${problem} ${fix}`);
    super(`Podlift cannot start: its configuration has ${count(problems.length)}.\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }

  static masterKeyMissing = (variable: string): ConfigProblem => ({
    variable,
    problem: 'is not set, and in production it must be.',
    fix: 'Make one with `openssl rand -base64 32`, keep it in your secret store and set it on every node.',
  });

  static fileUnreadable = (variable: string, why: string): ConfigProblem => ({
    variable,
    problem: `names a file that cannot be read: ${why}.`,
    fix: 'Name a file that the account of Podlift may read, or leave the variable out.',
  });

  static fileBesideValue = (variable: string, file: string): ConfigProblem => ({
    variable: file,
    problem: `is set, and so is ${variable}.`,
    fix: 'Set only one of them.',
  });

  static filesKeyHalf = (idMissing: boolean): ConfigProblem => ({
    variable: idMissing ? 'PODLIFT_FILES_ACCESS_KEY' : 'PODLIFT_FILES_SECRET_KEY',
    problem: `is not set, although ${idMissing ? 'PODLIFT_FILES_SECRET_KEY' : 'PODLIFT_FILES_ACCESS_KEY'} is.`,
    fix: 'Set both, or neither when the machine itself may use the store.',
  });

  static masterKeyFileUnreadable = (variable: string, file: string, why: string): ConfigProblem => ({
    variable,
    problem: `is not set, and the key kept in ${file} cannot be used: ${why}.`,
    fix: 'Set the variable, or put the file right: 32 bytes in base64, readable by its owner only (chmod 600).',
  });
}

const count = (problems: number): string => (problems === 1 ? 'one problem' : `${problems} problems`);
