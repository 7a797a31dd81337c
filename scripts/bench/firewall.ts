// What it costs to refuse 16 ports, and 1,024: the product's apply() and remove() against the same steps in C on libnftnl,
// against nft spawned, and against the old tool's spawns of iptables. As root; in private network namespaces.
//   node_modules/.bin/node scripts/bench/firewall.ts [--rounds 50]
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNamespace } from '../../test/fixtures/netns.ts';

const HERE = join(import.meta.dirname, 'firewall');

const work = mkdtempSync(join(tmpdir(), 'bench-firewall-'));
const namespace = await createNamespace();
try {
  const reference = join(work, 'reference');
  const sources = readdirSync(HERE)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(HERE, name));
  execFileSync('gcc', [
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    reference,
    ...sources,
    '-lnftnl',
    '-lmnl',
  ]);
  await measure();
  // With no chain at prerouting on the whole machine, the kernel patches its code for each table that comes or goes.
  const others = await createNamespace();
  await others.shell(
    "nft 'add table inet others; add chain inet others prerouting { type filter hook prerouting priority 0; }'",
  );
  await measure('--beside').finally(() => others.close());

  // A process cannot change its own namespace: all that is measured happens in one that was started there.
  async function measure(...options: readonly string[]): Promise<void> {
    const words = [reference, work, ...process.argv.slice(2), ...options];
    const rounds = namespace.spawnNode(join(HERE, 'rounds.ts'), words, {
      stdio: 'inherit',
      env: { CS_NATIVE_DIR: join(import.meta.dirname, '../../dist/native'), ...process.env },
    });
    const [status] = await once(rounds, 'exit');
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  await namespace.close();
  rmSync(work, { recursive: true, force: true });
}
