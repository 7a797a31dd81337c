// `cleanup`: opens the ports when no agent is there to do it. Removes our table and nobody else's.
import { openFirewall } from '../../firewall/native-firewall.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import { CLEANUP_SETTINGS, parseCleanupLine } from '../../watcher/config/command-line.ts';
import { resolveLeniently } from '../../watcher/config/resolve.ts';
import { bootId } from '../../watcher/state/boot.ts';
import { RecordFile } from '../../watcher/state/record-file.ts';
import { EXIT } from './exit-status.ts';
import { takeWriterLock } from './writer-lock.ts';

type CleanupConfig = Pick<AgentConfig, (typeof CLEANUP_SETTINGS)[number]>;

/**
 * Removes the drain table, and the drain from the record, and says what it did; while an agent runs it changes nothing and says
 * who holds the lock. Whoever is on call may need it because of a configuration that is wrong, so that is only a warning here.
 * Throws `ConfigError` when `args`, those after `cleanup`, cannot be followed.
 */
export async function cleanUp(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const line = parseCleanupLine(args);
  if (line.kind === 'show') {
    process.stdout.write(line.text);
    return EXIT.done;
  }
  const { config, warnings } = resolveLeniently(CLEANUP_SETTINGS, { given: line.given, env, cwd });
  for (const warning of warnings) complain(warning);
  const lock = takeWriterLock(config.runtimeDir);
  if (lock.kind === 'held') {
    complain(`${lock.message}; stop it first`);
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
      found.table === 'ours' ? 'drain table removed, new connections are accepted' : 'no drain table of ours',
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
  if (record?.state.desired !== 'refuse') return false;
  try {
    file.write({ ...record, state: { ...record.state, desired: 'open', reasons: [] } });
    return true;
  } catch (error) {
    throw new Error(
      `${file.path} cannot be written, the next start of the agent closes the ports again: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The problem, with what to do about it unless root has it. */
export function withRemedy(problem: string, uid = process.geteuid?.()): string {
  return uid === 0 ? problem : `${problem}; run it as root`;
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string): void {
  process.stderr.write(`cs-instance-watcher: cleanup: ${text}\n`);
}
