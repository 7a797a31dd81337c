// Lets go of the addon's firewall whose monitor is open, collects garbage, and prints the event of a change; see process.test.ts.
import { execFileSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { loadAddon } from '../../../src/firewall/binding.ts';
import type { RulesetEvent } from '../../../src/firewall/ruleset.ts';

const { promise, resolve, reject } = Promise.withResolvers<RulesetEvent>();
// In a function of its own, whose end is the end of the firewall's last variable.
const { Firewall } = loadAddon();
const listen = () => new Firewall({ ownership: 'plain', without: [] }).monitor(resolve, reject);
const close = listen();
for (let i = 0; i < 5; i++) {
  globalThis.gc!();
  await setImmediate(); // finalizers run between two turns of the loop
}
execFileSync('nft', ['add table inet cs-instance-watcher']);
const deadline = setTimeout(() => reject(new Error('no event came')), 5000);
const event = await promise;
clearTimeout(deadline);
close();
process.stdout.write(JSON.stringify(event));
