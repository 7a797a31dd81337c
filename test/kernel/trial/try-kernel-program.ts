// Tries the kernel `times` times at once, and prints as JSON what came of it and which network namespaces its threads are in after.
import { readdirSync, readlinkSync } from 'node:fs';
import { type KernelTrial, tryKernel } from '../../../src/firewall/kernel-trial.ts';

export interface Printed {
  readonly trials: readonly KernelTrial[];
  readonly namespaces: readonly string[];
}

const times = Number(process.argv[2]);
const trials = await Promise.all(Array.from({ length: times }, () => tryKernel()));
const namespaces = readdirSync('/proc/self/task').map((id) => readlinkSync(`/proc/self/task/${id}/ns/net`));
process.stdout.write(JSON.stringify({ trials, namespaces: [...new Set(namespaces)] } satisfies Printed));
