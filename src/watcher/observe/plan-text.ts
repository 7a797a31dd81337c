// The words of `plan`: a file for nft whose comments say what the agent would do for a state, and why.
import { join } from 'node:path';
import type { DrainRuleset } from '../domain/desired-firewall.ts';
import type { DrainConfig } from '../domain/drain.ts';
import { type Verdict, verdictOfState } from '../domain/instance-state.ts';
import { nftRemovalText, nftText } from '../domain/nft-text.ts';
import { formatPortRange } from '../domain/port-ranges.ts';
import { shellWord } from '../domain/shell-word.ts';
import type { ScriptList } from '../hooks/select.ts';
import { printable } from './text-format.ts';

export interface PlannedState extends DrainConfig {
  /** A well-formed name. */
  readonly state: string;
  /** Why this may not be what the agent would do; null when nothing speaks for that. */
  readonly notice: string | null;
  /** What a drain refuses; null without ports. */
  readonly ruleset: DrainRuleset | null;
  readonly tableOwnership: 'auto' | 'plain';
  readonly force: boolean;
  /** `--instance-state`, which the agent believes more than the API; null when not set. */
  readonly instanceState: string | null;
  readonly maxHoldMs: number | null;
  readonly runScriptsAtStart: boolean;
  readonly scriptDir: string;
  /** Those of the state. */
  readonly scripts: ScriptList;
  /** Those of the end of a drain. */
  readonly drainedScripts: ScriptList;
  /** Whether the scripts were judged by root, as the agent does it. */
  readonly isRoot: boolean;
}

/** The directory whose scripts the end of a drain runs; a state of this name runs none. */
const DRAINED = 'drained';
/** Ranges and prefixes that a comment lists; more are counted. */
const MAX_LISTED = 16;

const CHECK =
  'To check this text: nft -c -f FILE; beside a table that an agent protects: unshare -n nft -c -f FILE';

/** A file that `nft -c -f` accepts, with no table protected by an agent in place; comments only where the firewall would stay as it is. */
export function planText(planned: PlannedState): string {
  const verdict = verdictOfState(planned.state);
  const lines = [
    `cs-instance-watcher plan ${planned.state}`,
    ...(planned.notice === null ? [] : [`WARNING: ${planned.notice}`]),
    'What the agent would do for this state with this configuration. Nothing was touched.',
    '',
    ...firewallLines(planned, verdict),
    '',
    ...scriptLines(planned, verdict),
    ...prefixed('', reservations(planned, verdict)),
  ];
  const statements = statementsFor(planned, verdict);
  return lines.map(comment).join('') + (statements === '' ? '' : `\n${statements}`);
}

/** Nothing in a name ends the comment and becomes a statement. */
function comment(text: string): string {
  return `# ${printable(text)}`.trimEnd().concat('\n');
}

function statementsFor({ ruleset, tableOwnership }: PlannedState, verdict: Verdict): string {
  if (ruleset === null || verdict === 'none') return '';
  return verdict === 'refuse' ? nftText(ruleset, tableOwnership) : nftRemovalText();
}

function firewallLines(planned: PlannedState, verdict: Verdict): string[] {
  const { state, ruleset, maxHoldMs } = planned;
  if (ruleset === null) {
    return [
      'Firewall: no ports are given (--on-draining-block-new-connections-to-ports): nothing is refused, only scripts run.',
      ...(verdict === 'none' ? [] : ['A drain table that earlier settings left in place is removed.']),
    ];
  }
  switch (verdict) {
    case 'refuse':
      return [...refusalLines(planned, ruleset), CHECK];
    case 'open':
      return [
        'Firewall: open, new connections are accepted: the drain table is removed, if there is one.',
        `Reasons: none in the state ${state}`,
        CHECK,
      ];
    case 'none':
      return [
        'Firewall: the firewall would stay as it is, open or closed.',
        `Reasons: ${state} is not a state this agent acts on, and not knowing never changes the firewall.`,
        ...(maxHoldMs === null
          ? []
          : [`After ${seconds(maxHoldMs)} without a verdict the ports are opened (--max-hold).`]),
      ];
  }
}

function refusalLines(planned: PlannedState, { ports, allowFrom, includeLoopback }: DrainRuleset): string[] {
  const { state, refuseDelayMs, drainTimeoutMs, onDrainTimeout } = planned;
  const exempt = [
    ...(allowFrom.length > 0 ? [`clients in ${listed(allowFrom, 'networks')} (--allow-from)`] : []),
    ...(includeLoopback ? [] : ['clients over loopback']),
  ];
  const lines = [
    'Firewall: refuse, new TCP connections are answered with a RST, on all ports from one moment on.',
    `Reasons: state ${state}`,
    `Ports: ${listed(ports.map(formatPortRange), 'ranges')}`,
    `Never refused: ${exempt.join('; ') || 'nobody'}`,
    'Established connections: not touched, each goes on to its natural end.',
  ];
  if (refuseDelayMs > 0)
    lines.push(`The table goes in ${seconds(refuseDelayMs)} after the drain began (--refuse-delay).`);
  if (drainTimeoutMs !== null && onDrainTimeout === 'close')
    lines.push(
      `After ${seconds(drainTimeoutMs)} the connections that are left are closed (--drain-timeout, --on-drain-timeout close).`,
    );
  return lines;
}

function scriptLines(planned: PlannedState, verdict: Verdict): string[] {
  const { state, ruleset, runScriptsAtStart, drainTimeoutMs } = planned;
  const ended = `when no connection is left${drainTimeoutMs === null ? '' : `, or after ${seconds(drainTimeoutMs)} (--drain-timeout)`}`;
  if (state === DRAINED)
    return scriptsOf(DRAINED, planned.drainedScripts, `${ended}; the API's word alone runs none`, planned);
  const changed = `when the state changes to ${state}${runScriptsAtStart ? ' or is the first one seen' : ''}`;
  return [
    ...scriptsOf(state, planned.scripts, changed, planned),
    ...(verdict === 'refuse' && ruleset !== null
      ? scriptsOf(DRAINED, planned.drainedScripts, ended, planned)
      : []),
  ];
}

function scriptsOf(
  name: string,
  { paths, refused }: ScriptList,
  occasion: string,
  { scriptDir, isRoot, state }: PlannedState,
): string[] {
  const head = `Scripts ${occasion}:`;
  // At the end of a drain the state is still the one that began it.
  const before = name === DRAINED && state !== DRAINED ? state : 'PREVIOUS-STATE';
  if (paths.length + refused.length === 0) return [`${head} none in ${shellWord(join(scriptDir, name))}`];
  return [
    head,
    ...paths.map((path) => `  ${shellWord(path)} ${name} ${before}`),
    ...refused.map(({ path, problem, remedy }) => `  not run: ${shellWord(path)}: ${problem}; ${remedy}`),
    ...(refused.length > 0 && !isRoot ? ['  (judged by an ordinary user: root may read more)'] : []),
  ];
}

/** What else decides, beside the state. */
function reservations({ state, ruleset, force, instanceState }: PlannedState, verdict: Verdict): string[] {
  const lines: string[] = [];
  if (instanceState !== null && instanceState !== state)
    lines.push(`--instance-state ${instanceState} is set: the agent acts on that, whatever the API reports.`);
  if (!force)
    lines.push(
      'A main fleet with target groups is left to AWS: open, and no script runs (--force acts all the same).',
    );
  if (verdict !== 'refuse' && ruleset !== null)
    lines.push(
      'The tag clonesquad:excluded, while it is true, has new connections refused in this state too.',
    );
  return lines;
}

function prefixed(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [head, ...lines];
}

function listed(words: readonly string[], noun: string): string {
  return words.length <= MAX_LISTED ? words.join(' ') : `${words.length} ${noun}, listed below`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
