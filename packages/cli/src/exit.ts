/** Exit codes of `tulou`: the one table, shown by `tulou help exit-codes`. */
export const exitCodes = {
  ok: [0, 'Done. `diff`: the platform is as the file says.'],
  failed: [1, 'The platform refused or failed the request, or something else went wrong; the message says what.'],
  changes: [2, '`diff` and `apply --dry-run`: there is something to change.'],
  missing: [3, 'What the command names does not exist (or is not yours to see).'],
  conflict: [4, 'It collides with what is there: taken, in use, in another state, or changed since it was read.'],
  usage: [64, 'The command line is wrong: unknown command or flag, or a value is missing.'],
  data: [65, 'What was sent is not valid: a field, a YAML file, an OpenAPI document.'],
  unreachable: [69, 'The platform cannot be reached, or says that it cannot do this right now.'],
  denied: [77, 'No valid token, or its role does not allow this.'],
  interrupted: [130, 'Stopped by the user.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ExitName = keyof typeof exitCodes;

/** The number that the process ends with. */
export const exitCode = (name: ExitName): number => exitCodes[name][0];
