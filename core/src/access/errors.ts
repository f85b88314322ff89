/** Why a permission, a role or a rule is refused. A programming mistake of its contributor, so that start fails or the plugin is degraded. */
export class AccessError extends Error {
  readonly code: AccessErrorCode;

  constructor(code: AccessErrorCode, message: string) {
    super(message);
    this.name = 'AccessError';
    this.code = code;
  }

  static badName = (owner: string, name: string) =>
    new AccessError(
      'bad_permission',
      `${owner} declares the permission "${name}", but a permission reads <subject>:<action> in lower case, for example campaigns:read.`,
    );

  static taken = (owner: string, name: string, other: string) =>
    new AccessError('permission_taken', `${owner} declares the permission "${name}", which belongs to ${other}.`);

  static unknownRole = (owner: string, name: string, role: string, roles: readonly string[]) =>
    new AccessError(
      'unknown_role',
      `${owner} gives "${name}" to the role "${role}", which does not exist. The roles are ${roles.join(', ')}.`,
    );

  static unknownPermission = (who: string, name: string, near: readonly string[]) =>
    new AccessError(
      'unknown_permission',
      `${who} asks for the permission "${name}", which nobody declares.${near.length ? ` Did you mean ${near.join(' or ')}?` : ''}`,
    );

  static badRule = (owner: string, where: string, why: string) =>
    new AccessError('bad_rule', `A rule of ${owner} is refused: ${where ? `${where}: ` : ''}${why}`);

  static missingValue = (placeholder: string) =>
    new AccessError('missing_value', `A rule names \${${placeholder}}, but nothing of that name is known here.`);
}

export type AccessErrorCode =
  | 'bad_permission'
  | 'permission_taken'
  | 'unknown_role'
  | 'unknown_permission'
  | 'bad_rule'
  | 'missing_value';
