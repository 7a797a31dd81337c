// One reporter for many: the loop tells once, and the log, the status and the others each hear it.
import type { Reporter } from '../ports.ts';

/** Tells every one of `reporters`, in order, what it wants to hear. */
export function fanOut(reporters: readonly Partial<Reporter>[]): Reporter {
  const each = (tell: (reporter: Partial<Reporter>) => void): void => {
    for (const reporter of reporters) tell(reporter);
  };
  return {
    changeBegan: (id) => each((one) => one.changeBegan?.(id)),
    polled: (poll) => each((one) => one.polled?.(poll)),
    announce: (announcement) => each((one) => one.announce?.(announcement)),
    tableInstalled: (ruleset, restoring, by) => each((one) => one.tableInstalled?.(ruleset, restoring, by)),
    tableRemoved: () => each((one) => one.tableRemoved?.()),
    connections: (count, ports) => each((one) => one.connections?.(count, ports)),
    connectionsClosed: (result) => each((one) => one.connectionsClosed?.(result)),
    degraded: (part, problem) => each((one) => one.degraded?.(part, problem)),
    settled: (summary) => each((one) => one.settled?.(summary)),
  };
}
