// What the kernel says of the drain table and of the connections, as the status has it: asked by the agent, or by the command
// itself when no agent is there to ask.
import type { TableLook } from '../../firewall/look.ts';
import type { ConnectionCount, PortRange } from '../../firewall/ruleset.ts';
import { formatPortRange } from '../domain/port-ranges.ts';
import type { StatusConnections, StatusFirewall } from './status-document.ts';
import type { Trend } from './status-trends.ts';

/** What a drain is configured to refuse. */
export interface ConfiguredRuleset {
  readonly ports: readonly PortRange[];
  readonly allowFrom: readonly string[];
  readonly includeLoopback: boolean;
}

export interface KernelReading {
  readonly look: TableLook;
  /** Of the ranges of `rulesetShown`; null when there are none to count. */
  readonly count: ConnectionCount | null;
  readonly trend: Trend | null;
}

/** What is shown, and counted: what the table refuses while one of ours is in place, else what is configured. */
export function rulesetShown(look: TableLook, configured: ConfiguredRuleset): ConfiguredRuleset {
  return look.table === 'ours' && look.ruleset !== null ? look.ruleset : configured;
}

export function firewallStatus(
  { look, count, trend }: KernelReading,
  configured: ConfiguredRuleset,
  restorations: number | null,
): StatusFirewall {
  const { ports, allowFrom, includeLoopback } = rulesetShown(look, configured);
  const isOurs = look.table === 'ours';
  const refused = isOurs ? look.refused : null;
  return {
    refusing: isRefusing(look),
    table: look.table,
    ownership: isOurs ? look.ownership : null,
    problem: problemWith(look),
    closing: isOurs && look.ruleset?.closing === true,
    allowFrom,
    includeLoopback,
    ports: ports.map((range, i) => ({
      range: formatPortRange(range),
      refused: refused?.[i] ?? null,
      connections: count?.known === true ? (count.perRange[i] ?? null) : null,
      trend: trend?.perRange[i] ?? null,
    })),
    restorations,
  };
}

export function connectionsStatus({ count, trend }: KernelReading): StatusConnections {
  const isKnown = count?.known === true;
  return {
    total: isKnown ? count.total : null,
    idle: isKnown ? count.idle : null,
    trend: trend?.total ?? null,
    trendSeconds: trend === null ? null : Math.round(trend.overMs / 1000),
    problem: count?.known === false ? count.reason : null,
  };
}

function isRefusing(look: TableLook): boolean | null {
  switch (look.table) {
    case 'unknown':
      return null;
    case 'ours':
      return look.ruleset === null ? null : true;
    default:
      return false;
  }
}

function problemWith(look: TableLook): string | null {
  switch (look.table) {
    case 'absent':
      return null;
    case 'foreign':
      return 'a table of this name stands there that is not ours';
    case 'unknown':
      return look.problem;
    case 'ours':
      if (look.ruleset === null) return look.difference ?? 'the table was altered';
      return look.holder === 'other' ? 'another process owns the table' : null;
  }
}
