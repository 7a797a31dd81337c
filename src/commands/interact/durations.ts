// Durations as options take them.
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../interaction/contract/durations.ts';

export const durationForms = '90s, 1h30m, 3600, hours=1,minutes=30';

/** Whole seconds, at least one. Throws commander's InvalidArgumentError. */
export function parseSeconds(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.problem}.`);
  if (parsed.seconds === 0) throw new InvalidArgumentError('Expected a duration of at least one second.');
  return parsed.seconds;
}

/** As parseSeconds, and zero. */
export function parseDelay(text: string): number {
  return text === '0' ? 0 : parseSeconds(text);
}
