// record-seeds.ts PROGRAM DIRECTORY: makes a network namespace with everything in it that a parser of ours reads, and lets PROGRAM
// (record_seeds.cc, built) write what its kernel answers as the seeds of the fuzz targets.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createNamespace } from '../../fixtures/netns.ts';

const [program, directory] = process.argv.slice(2);
if (program === undefined || directory === undefined) {
  process.stderr.write('usage: record-seeds.ts PROGRAM DIRECTORY\n');
  process.exit(2);
}

// The longest names that the kernel has.
const longTable = 't'.repeat(255);
const longMap = 'm'.repeat(255);

// Drops and rejects by policy, by rule, through a jump and through maps; a published port; what sleeps; iptables' own form.
const rules = `
  table ip nat {
    chain output {
      type nat hook output priority -100
      ip daddr 10.9.9.9 tcp dport 80 dnat to 10.9.9.8:8080
    }
  }
  table inet site {
    map verdicts { type inet_service : verdict; elements = { 22 : accept, 23 : drop, 24 : jump far } }
    set counted { type inet_service; flags interval; counter; elements = { 1-5, 9 } }
    chain far { tcp dport 7 reject with tcp reset; }
    chain input {
      type filter hook input priority 0; policy drop
      iif lo accept
      tcp dport vmap @verdicts
      tcp dport vmap { 80 : accept, 81 : goto far }
      tcp dport @counted limit rate 5/second log prefix "counted" counter
    }
    chain forward { type filter hook forward priority 5; ct state invalid drop; jump far; }
  }
  table arp guard { chain input { type filter hook input priority 0; arp operation request accept; }; }
  table bridge guard { chain prerouting { type filter hook prerouting priority -300; ether type ip accept; }; }
  table netdev guard { chain ingress { type filter hook ingress device lo priority 0; ip saddr 192.0.2.1 drop; }; }
  table inet ${longTable} {
    map ${longMap} { type inet_service : verdict; elements = { 80 : drop } }
    chain input { type filter hook input priority 9; tcp dport vmap @${longMap}; }
  }
  table ip asleep { flags dormant
     chain input { type filter hook input priority 0; policy drop; }; }
`;

const namespace = await createNamespace();
try {
  await namespace.shell('ip address add 10.9.9.8/32 dev lo && ip address add 10.9.9.9/32 dev lo');
  await namespace.run('nft', ['-f', '-'], { input: rules });
  await namespace.shell(
    'iptables-legacy -N CS-INSTANCE-WATCHER; iptables-legacy -A INPUT -p tcp --dport 80 -j CS-INSTANCE-WATCHER',
  );
  const scene = namespace.spawnNode(fileURLToPath(new URL('./scene-program.ts', import.meta.url)), [], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(scene, 'exit');
  const [first] = await Promise.race([once(scene.stdout!, 'data'), ended]);
  if (String(first) !== 'ready\n') throw new Error(`the scene ended early: ${first}`);
  try {
    const recorder = namespace.spawn(program, [directory], { stdio: 'inherit' });
    const [status] = await once(recorder, 'exit');
    if (status !== 0) throw new Error(`${program} ended with ${status}`);
  } finally {
    scene.stdin!.end();
    await ended;
  }
} finally {
  await namespace.close();
}
