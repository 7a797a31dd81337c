// Whether a rule can be about anything at all: a path that no operation has is a misspelling, and allows or denies nothing.
import { operations } from '../../contract/operations.ts';
import { matchesWildcard } from './wildcard.ts';

/** Whether the rule matches a request for some operation of some dialect, over HTTP or the queue. */
export function matchesAnyOperation(rule: string): boolean {
  return Object.values(operations).some(({ name, transports }) => {
    // Over HTTP most operations take either method.
    const isOverHttp = (transports as readonly string[]).includes('api-gateway');
    const methods = isOverHttp ? ['GET', 'POST'] : ['POST'];
    return methods.some((method) => matchesOperation(rule, method, name));
  });
}

/** A name with alternatives in parentheses is each of them, with whatever follows: it is anchored at its start alone. */
function matchesOperation(rule: string, method: string, name: string): boolean {
  const [, start, alternatives] = /^(.*)\((.*)\)$/.exec(name) ?? [];
  if (start === undefined || alternatives === undefined) return matchesWildcard(rule, `${method}/${name}`);
  return alternatives
    .split('|')
    .map((one) => `${method}/${start}${one.replace('.*', '')}`)
    .some((beginning) => matchesSomeOf(rule, beginning));
}

/** Whether the rule matches a text that begins so: then what some part of it matches is the beginning. */
function matchesSomeOf(rule: string, beginning: string): boolean {
  return Array.from(rule, (_, index) => rule.slice(0, index + 1)).some((part) =>
    matchesWildcard(part, beginning),
  );
}
