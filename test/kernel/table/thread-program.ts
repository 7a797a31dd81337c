// Asks for a monitor while there can be no more threads, and prints what that fails with; see process.test.ts.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { FirewallError } from '../../../src/firewall/errors.ts';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const firewall = openFirewall({ ownership: 'plain' });
await firewall.inspect();

// A thread's stack takes 64 MiB of address space (the caller's choice); what is left is for node itself.
const bytes = 1024 * Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
const limit = (soft: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--as=${soft}:`]);
limit(String(bytes + 2 ** 25));
let failure: FirewallError | undefined;
try {
  firewall
    .monitor(
      () => {},
      () => {},
    )
    .close();
} catch (error) {
  failure = error as FirewallError;
}
limit('unlimited');
const { table } = await firewall.inspect();
firewall.close();
process.stdout.write(
  JSON.stringify({ table, name: failure?.name, operation: failure?.operation, errno: failure?.errno }),
);
