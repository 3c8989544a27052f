/** Exit codes of `tulou`, shown by `tulou help exit-codes`. */
export const exitCodes = {
  ok: [0, 'Success. `diff`: the platform matches the file.'],
  failed: [1, 'The platform refused or failed the request, or another error occurred. The message names it.'],
  changes: [2, '`diff` and `apply --dry-run`: there are changes.'],
  missing: [3, 'Not found: the named object does not exist, or the credential has no access to it.'],
  conflict: [4, 'Conflict: the name is taken, or the object is in use, in another state, or has changed.'],
  usage: [64, 'Wrong command line: unknown command or option, or a value is missing.'],
  data: [65, 'Invalid data: a field, a YAML file, or an OpenAPI document.'],
  unreachable: [69, 'The platform cannot be reached, or is not available now.'],
  denied: [77, 'Permission denied: no valid token, or its role does not allow this.'],
  interrupted: [130, 'Canceled by the user.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ExitName = keyof typeof exitCodes;

/** The exit code of the process. */
export const exitCode = (name: ExitName): number => exitCodes[name][0];
