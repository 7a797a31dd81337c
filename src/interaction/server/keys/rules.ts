// What a key may ask for: rules in the form of an IAM resource's end, `METHOD/path`.
import { matchesWildcard } from './wildcard.ts';

export interface Rules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** What a key that stands for an instance may do unless told: read what concerns itself. */
export const instanceRules: readonly string[] = ['GET/metadata'];

/** Whether `method` on a normalised command is allowed. Nothing is unless a rule says so, and one that denies wins. */
export function isAllowed(rules: Rules, method: string, command: string): boolean {
  return isMatched(rules.allow, method, command) && !isDenied(rules, method, command);
}

/** Whether a rule denies it, whatever others allow. */
export function isDenied({ deny }: Rules, method: string, command: string): boolean {
  return isMatched(deny, method, command);
}

function isMatched(rules: readonly string[], method: string, command: string): boolean {
  return rules.some((rule) => matchesWildcard(rule, `${method}/${command}`));
}

/** What is wrong with a rule, in words that follow it; null when nothing is. */
export function ruleProblem(rule: string): string | null {
  if (rule === '*') return null;
  const [method, ...path] = rule.split('/');
  if (path.length === 0) return 'expected METHOD/path, such as GET/configuration/*, or * alone';
  if (method !== 'GET' && method !== 'POST' && method !== '*') return 'the method must be GET, POST or *';
  if (path[0] === '' && path.length > 1)
    return 'the path must not begin with a slash: paths are matched without';
  if (path.join('/') !== path.join('/').toLowerCase()) {
    return 'the path must be lower case: that is what the path of a request is made before it is matched';
  }
  return null;
}
