// The first line of the status: how it stands, in the words of somebody who has just been woken up.
import type { StatusDocument } from '../../watcher/observe/status-document.ts';
import { FORMER_RUN } from '../../watcher/observe/status-compose.ts';
import { future } from './status-text.ts';

/** Ranges named one by one. */
const NAMED_RANGES = 4;
/** From here on it is called the last minute: counts are a second apart, or more on a busy host. */
const ABOUT_A_MINUTE_S = 50;

/** What follows the word for the condition. */
export function headline(document: StatusDocument): string {
  const { drain, connections, firewall } = document;
  const parts = [
    absence(document),
    newConnections(document),
    drain?.outcome === 'timeout' ? 'timed out (--drain-timeout)' : '',
    left(document),
    firewall.closing && connections.total !== 0 ? 'what is left is being closed' : '',
    ignorance(document),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** What brings an agent back that hangs; a table stays where it is. */
export const RESTART = 'systemctl restart cs-instance-watcher';

function absence({ agent, pid }: StatusDocument): string {
  if (agent === 'running') return '';
  if (agent === 'down') return 'no agent runs here';
  return `the agent${pid === null ? '' : ` (pid ${pid})`} does not answer: ${RESTART}`;
}

/** Whether the ports are as they should be is anybody's guess before the first answer. */
function ignorance({ instance: { learnedFrom }, polls }: StatusDocument): string {
  if (polls?.hold == null || (learnedFrom !== null && learnedFrom !== FORMER_RUN)) return '';
  return `state not known (${polls.hold.class})`;
}

function newConnections({ at, agent, condition, drain, firewall }: StatusDocument): string {
  const ports = portsInWords(firewall.ports);
  if (firewall.refusing === true) {
    const still = agent === 'running' ? '' : ' all the same';
    return `new connections to ${ports} are refused${still}`;
  }
  if (firewall.refusing === null) return 'whether new connections are refused is not known';
  const isMeantToRefuse = agent === 'running' && (drain !== null || condition === 'draining');
  if (!isMeantToRefuse) return `new connections${ports === '' ? '' : ` to ${ports}`} are accepted`;
  if (ports === '') return 'no ports are given, so no connection is refused: only scripts run';
  if (drain?.refusesAt != null)
    return `new connections to ${ports} are refused from ${future(drain.refusesAt, at)}`;
  return `new connections to ${ports} are NOT refused`;
}

function left({ condition, connections, drain, firewall }: StatusDocument): string {
  const { total, trend, trendSeconds, problem } = connections;
  if (problem !== null) return 'what is left cannot be counted';
  if (total === null) return '';
  if (condition === 'drained' || (total === 0 && drain?.outcome === 'timeout')) return 'none left';
  const word = firewall.refusing === true ? 'left' : 'open';
  if (trend === null || trendSeconds === null) return `${total} ${word}`;
  const change = trend === 0 ? 'no change' : signed(trend);
  return `${total} ${word} (${change} in ${spanOf(trendSeconds)})`;
}

/** How long a trend took: `the last minute`, `12 s`. */
export function spanOf(trendSeconds: number): string {
  return trendSeconds >= ABOUT_A_MINUTE_S ? 'the last minute' : `${trendSeconds} s`;
}

/** `+3`, `-5`, `0`. */
export function signed(change: number): string {
  return change > 0 ? `+${change}` : String(change);
}

function portsInWords(ports: StatusDocument['firewall']['ports']): string {
  const named = ports.slice(0, NAMED_RANGES).map(({ range }) => range);
  const more = ports.length - named.length;
  return more > 0 ? `${named.join(' ')} and ${more} more` : named.join(' ');
}
