// `cleanup`: opens the ports when no agent is there to do it. Removes our table and nobody else's.
import { openFirewall } from '../../firewall/native-firewall.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import { resolveLeniently } from '../../watcher/config/resolve.ts';
import type { RecordedState } from '../../watcher/domain/agent-state.ts';
import { bootId } from '../../watcher/state/boot.ts';
import { RecordFile } from '../../watcher/state/record-file.ts';
import { complaints } from './complaints.ts';
import { EXIT } from './exit-status.ts';
import type { Situation, Subcommand, SubcommandLine } from './subcommand.ts';
import { takeWriterLock } from './writer-lock.ts';

const SETTINGS = ['configFile', 'runtimeDir', 'stateDir', 'tableOwnership'] as const;

type CleanupConfig = Pick<AgentConfig, (typeof SETTINGS)[number]>;

export const CLEANUP: Subcommand = {
  name: 'cleanup',
  summary: 'open the ports when no agent runs',
  settings: SETTINGS,
  declare: (command) =>
    command
      .description(
        'Opens the ports when no agent runs: removes the drain table, and the drain from the record. With an agent running it changes nothing.',
      )
      .usage('[--runtime-dir DIR] [--state-dir DIR] [--config FILE] [--table-ownership auto|plain]')
      .addHelpText(
        'after',
        '\nExit status: 0 done, 75 an agent runs and nothing was changed, 1 error, 2 usage.',
      ),
  run: cleanUp,
};

/**
 * Removes the drain table, and the drain from the record, and says what it did; while an agent runs it changes nothing and says
 * who holds the lock. Whoever is on call may need it because of a configuration that is wrong, so that is only a warning here.
 */
async function cleanUp({ given }: SubcommandLine, { env, cwd }: Situation): Promise<number> {
  const complain = complaints('cleanup');
  const { config, warnings } = resolveLeniently(SETTINGS, { given, env, cwd });
  for (const warning of warnings) complain(warning);
  const lock = takeWriterLock(config.runtimeDir);
  if (lock.kind === 'held') {
    complain(
      `${lock.message}: nothing was changed; to open the ports while it runs: cs-instance-watcher override open --for 600 --reason TEXT; else stop it first`,
    );
    return EXIT.locked;
  }
  if (lock.kind === 'unavailable') {
    complain(withRemedy(lock.problem));
    return EXIT.error;
  }
  try {
    await openPorts(config);
    return EXIT.done;
  } catch (error) {
    complain(withRemedy((error as Error).message));
    return EXIT.error;
  } finally {
    lock.release();
  }
}

async function openPorts({ tableOwnership, stateDir }: CleanupConfig): Promise<void> {
  const firewall = openFirewall({ ownership: tableOwnership });
  try {
    const found = await firewall.inspect();
    if (found.table === 'ours') await firewall.remove();
    tell(
      found.table === 'ours'
        ? 'drain table removed, new connections are accepted'
        : 'no drain table of ours, nothing was refused',
    );
  } finally {
    firewall.close();
  }
  // After the ports: a record that cannot be written must not keep them closed.
  if (endDrainOnRecord(new RecordFile(stateDir, bootId())))
    tell('the drain is off the record: the next start leaves the ports open until the API answers');
}

/** Has a drain on record end; whether there was one. Throws, saying what follows from it, when the record cannot be written. */
export function endDrainOnRecord(file: Pick<RecordFile, 'path' | 'read' | 'write'>): boolean {
  const { record } = file.read();
  if (record === null || !isDrainGoingOn(record.state)) return false;
  try {
    const opened = { desired: 'open', reasons: [], drain: null, isTableLeased: false } as const;
    file.write({ ...record, state: { ...record.state, ...opened } });
    return true;
  } catch (error) {
    throw new Error(
      `${file.path} cannot be written, the next start of the agent closes the ports again: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Other reasons than the API's are listed beside an API that says open. */
function isDrainGoingOn({ desired, reasons }: RecordedState): boolean {
  return desired === 'refuse' || reasons.length > 0;
}

/** The problem, with what to do about it unless root has it. */
export function withRemedy(problem: string, uid = process.geteuid?.()): string {
  return uid === 0 ? problem : `${problem}; run it as root`;
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}
