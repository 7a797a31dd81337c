// Faults that are there before the agent is: it comes up knowing nothing, refuses nothing, and learns all in one poll when they end.
import type { ApiWorld } from './api-world.ts';
import { connectionFaults } from './connections.ts';
import type { Family, Fault } from './fault.ts';
import { service } from './services.ts';
import type { Trial } from './try-fault.ts';

/** One period, what a busy machine may add, and where it hangs what is left of the poll's deadline. */
const RECOVERY_MS = 1_000 + 2_000;
const DEADLINE_MS = 3_000;

/** An instance that boots. */
export const bootFamily: Family = { name: 'boot', faults: [] };

const AT_BOOT = ['name server silent', 'connection refused', 'certificate expired'];

export const BOOT_FAULTS: readonly Fault[] = [
  {
    name: 'metadata service resets',
    inject: service('imds', { kind: 'reset' }),
    line: /\(context\): not known which instance this is/,
  },
  {
    name: 'metadata service silent',
    inject: service('imds', { kind: 'hang' }),
    line: /\(context\): not known which instance this is/,
    hangs: true,
  },
  {
    name: 'hop limit: the token never arrives',
    inject: service('imds', { kind: 'hang', operation: 'PUT api/token' }),
    line: /\(context\): not known which instance this is/,
    hangs: true,
  },
  {
    name: 'discovery FunctionError',
    inject: service('lambda', { kind: 'function-error' }),
    line: /\(context\): .*asked for by the sandbox/,
  },
  ...connectionFaults.faults.filter(({ name }) => AT_BOOT.includes(name)),
];

/** Begins the fault in a world without an agent, boots, and ends it. Once a world. */
export async function tryBoot(world: ApiWorld, fault: Fault): Promise<Trial> {
  const broken: string[] = [];
  const isPlace = async (when: string, promised: string): Promise<void> => {
    const outcome = await world.probe.outcome();
    if (outcome !== promised) broken.push(`${when}: a client is ${outcome}, not ${promised}`);
  };
  const heal = await fault.inject(world);
  await world.boot();
  const { log } = world.agent;
  const began = await log.waitFor('hold-began');
  if (!fault.line!.test(String(began.message))) broken.push(`its line is: ${began.message}`);
  await world.polls(2);
  await isPlace('while it lasts', 'let-in');

  await heal();
  const healedMs = performance.now();
  await log.waitFor('hold-ended');
  const recoveryMs = Math.round(performance.now() - healedMs);
  const boundMs = RECOVERY_MS + (fault.hangs ? DEADLINE_MS : 0) + (fault.extraMs ?? 0);
  if (recoveryMs > boundMs) broken.push(`known only after ${recoveryMs} ms, more than ${boundMs}`);
  await log.waitFor('state-changed');
  if (world.stance === 'draining') await log.waitFor('table-installed');
  await isPlace('afterwards', world.stance === 'draining' ? 'refused' : 'let-in');
  const complaints = log.lines.filter(({ level }) => level === 'warn' || level === 'error');
  if (complaints.length !== 1) broken.push(`lines: ${complaints.map(({ message }) => message).join(' | ')}`);
  if (log.of('hold-ended').length !== 1) broken.push('the end was told more than once');
  return { broken, recoveryMs };
}
