// An operand as an error names it.

/** In quotes; `nothing` for one that was not given. */
export function shown(operand: string | undefined): string {
  return operand === undefined ? 'nothing' : JSON.stringify(operand);
}
