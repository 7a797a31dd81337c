// Applies and removes as often as it is told and prints what that cost the process; see process.test.ts.
import { readdirSync } from 'node:fs';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const ignore = () => {};
const fail = (error: Error) => {
  throw error;
};

const cycles = Number(process.argv[2]);
const firewall = openFirewall({ ownership: 'auto' });
const ruleset = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8100 },
  ],
  allowFrom: ['10.0.0.0/8', 'fd00::/8'],
  includeLoopback: false,
};

async function cycle(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const monitor = i % 50 === 0 ? firewall.monitor(ignore, fail) : null;
    await firewall.apply(ruleset);
    await firewall.remove();
    await firewall.apply({ ...ruleset, ports: [] }).catch(() => {});
    monitor?.close();
  }
}

function measure(): { residentMb: number; descriptors: number } {
  globalThis.gc!();
  return {
    residentMb: process.memoryUsage.rss() / 2 ** 20,
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

// The heap and the allocator's pools find their size first.
await cycle(Math.ceil(cycles / 10));
const before = measure();
await cycle(cycles);
const after = measure();
const growthMb = Math.round((after.residentMb - before.residentMb) * 10) / 10;
process.stdout.write(JSON.stringify({ growthMb, descriptors: [before.descriptors, after.descriptors] }));
