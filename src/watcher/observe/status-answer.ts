// One answer to whoever asks: the kernel's table and the connections are read for it, the rest was heard before.
import type { Firewall } from '../../firewall/firewall.ts';
import { lookAtTable } from '../../firewall/look.ts';
import type { ConnectionCount } from '../../firewall/ruleset.ts';
import type { MetadataSource } from '../ports.ts';
import type { StatusBoard } from './status-board.ts';
import type { StatusConfig } from './status-compose.ts';
import type { StatusDocument } from './status-document.ts';
import { type ConfiguredRuleset, rulesetShown } from './status-firewall.ts';

/** A drain counts every second: a count of before that is none of now. */
const RECENT_MS = 1_500;

export interface StatusSubject {
  readonly board: StatusBoard;
  readonly firewall: Pick<Firewall, 'inspect' | 'connections'>;
  /** As it stands now: a reload replaces both. */
  readonly current: () => {
    readonly config: StatusConfig;
    readonly source: Pick<MetadataSource, 'describe'>;
  };
}

/** The status of the running agent. Never rejects: what cannot be read is said in the document. */
export async function answerStatus({ board, firewall, current }: StatusSubject): Promise<StatusDocument> {
  const look = await lookAtTable(firewall);
  const { config, source } = current();
  const shown = rulesetShown(look, config);
  const count = await countOf(shown, board, firewall);
  return board.document({ look, count, source: source.describe(), config });
}

async function countOf(
  { ports, includeLoopback }: ConfiguredRuleset,
  board: StatusBoard,
  firewall: Pick<Firewall, 'connections'>,
): Promise<ConnectionCount | null> {
  if (ports.length === 0) return null;
  const recent = board.recentCount(ports, RECENT_MS);
  if (recent !== null) return recent;
  const count = await countConnections(firewall, ports, includeLoopback);
  board.counted(ports, count);
  return count;
}

/** The connections to `ports`; that they cannot be counted is an answer too. */
export async function countConnections(
  firewall: Pick<Firewall, 'connections'>,
  ports: ConfiguredRuleset['ports'],
  includeLoopback: boolean,
): Promise<ConnectionCount> {
  try {
    return await firewall.connections(ports, includeLoopback);
  } catch (error) {
    return { known: false, reason: (error as Error).message };
  }
}
