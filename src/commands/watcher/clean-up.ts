// `cleanup`: opens the ports when no agent is there to do it. Removes our table and nobody else's.
import { openFirewall } from '../../firewall/native-firewall.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import { EXIT } from './exit-status.ts';
import { takeWriterLock } from './writer-lock.ts';

/** Removes the drain table and says what it did; while an agent runs it changes nothing and says who holds the lock. */
export async function cleanUp(config: Pick<AgentConfig, 'runtimeDir' | 'tableOwnership'>): Promise<number> {
  const lock = takeWriterLock(config.runtimeDir);
  if (lock.kind !== 'taken') {
    const why = lock.kind === 'held' ? `${lock.message}; stop it first` : lock.problem;
    process.stderr.write(`cs-instance-watcher: cleanup: ${why}\n`);
    return lock.kind === 'held' ? EXIT.locked : EXIT.error;
  }
  const firewall = openFirewall({ ownership: config.tableOwnership });
  try {
    const found = await firewall.inspect();
    if (found.table === 'ours') await firewall.remove();
    process.stdout.write(
      found.table === 'ours'
        ? 'drain table removed, new connections are accepted\n'
        : 'no drain table of ours\n',
    );
    return EXIT.done;
  } finally {
    firewall.close();
    lock.release();
  }
}
