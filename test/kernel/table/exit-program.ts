// Exits while the addon works and listens; see process.test.ts.
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const ignore = () => {};
const fail = (error: Error) => {
  throw error;
};

const firewall = openFirewall({ ownership: 'auto' });
const ports = Array.from({ length: 4096 }, (_, index) => ({ first: index * 3 + 1, last: index * 3 + 1 }));
firewall.monitor(ignore, fail);
for (let i = 0; i < 10; i++)
  void firewall.apply({ ports, allowFrom: [], includeLoopback: i % 2 === 0, closing: false });
setImmediate(() => process.exit(7));
