// What a cycle changed, as what is told to people: each thing once, when it becomes another.
import { type AgentState, isSameReasons } from './agent-state.ts';
import { isSameLease, type Lease, type LeaseEnd } from './lease.ts';
import type { DrainRuleset } from './desired-firewall.ts';
import type { DrainConfig } from './drain.ts';
import type { Prevailing } from './prevailing.ts';
import type { Announcement } from './step.ts';

/** The state, when it is another one, or when the first answer is the one on record. */
export function told(previous: AgentState, informed: AgentState, now: Prevailing): Announcement[] {
  const from = informed.shownState;
  const to = now.instanceState;
  const simulated = informed.lease?.kind === 'simulation' ? { isSimulated: true as const } : {};
  if (to !== null && from !== to) return [{ event: 'state-changed', from, to, ...simulated }];
  const isFirst = informed.heard && !previous.heard && informed.instanceState === to;
  return isFirst && to !== null ? [{ event: 'state-confirmed', state: to }] : [];
}

/** The end of one lease, the beginning of another. */
export function leaseChange(before: Lease | null, now: Lease | null, why: LeaseEnd | null): Announcement[] {
  if (isSameLease(before, now)) return [];
  const ended: Announcement[] = before === null ? [] : [{ event: 'lease-ended', lease: before, why }];
  return now === null ? ended : [...ended, { event: 'lease-began', lease: now }];
}

/** That the ports are to close or to open, and why. */
export function verdictChange(
  { previous, before }: { previous: AgentState; before: Prevailing },
  { next, now }: { next: AgentState; now: Prevailing },
  config: Pick<DrainConfig, 'refuseDelayMs'> & { readonly ruleset: DrainRuleset | null },
  monotonicMs: number,
): Announcement[] {
  // The line of an override that begins has said it.
  if (next.lease?.kind === 'override' && !isSameLease(previous.lease, next.lease)) return [];
  if (now.desired === 'refuse') {
    const isNew = before.desired !== 'refuse' || !isSameReasons(before.reasons, now.reasons);
    if (!isNew) return [];
    const isEnforced = config.ruleset !== null;
    const lastedMs = next.drain === null ? 0 : monotonicMs - next.drain.sinceMonotonicMs;
    const inMs = next.adopted ? 0 : Math.max(0, config.refuseDelayMs - lastedMs);
    return [{ event: 'refusing', reasons: now.reasons, isEnforced, inMs }];
  }
  const { open } = next;
  if (now.desired !== 'open' || open === null) return [];
  const isFirst = next.heard && !previous.heard;
  const isNew = isFirst || before.desired !== 'open' || previous.open?.because !== open.because;
  return isNew && (open.because !== 'state' || before.desired !== 'open') ? [{ event: 'open', ...open }] : [];
}

/** What the API's silence means for the ports, where a lease or another source has the say. */
export function standingAs({ desired }: Prevailing, announcement: Announcement): Announcement {
  return 'desired' in announcement ? { ...announcement, desired } : announcement;
}
