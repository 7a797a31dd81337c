// What a process asks of the kernel while it polls and nothing happens: processes, the disk, our table.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Namespace } from '../../../test/fixtures/netns.ts';

const PROCESSES = 'fork,vfork,clone,clone3';
const DISK =
  'open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,truncate,ftruncate,fallocate,link,linkat,symlink,symlinkat,fsync,fdatasync';
const NETLINK = 'sendto,sendmsg,recvfrom,recvmsg';

export interface IdleCalls {
  /** Begun by it; its own new threads are none. */
  readonly processes: number;
  /** Whatever changes a file system. */
  readonly diskWrites: number;
  /** Questions for our table, or for anything else of nf_tables but the generation of its rules. */
  readonly looks: number;
  /** All that nf_tables answered, generations too. */
  readonly nftablesBytes: number;
  /** The calls counted as processes and writes, for whoever wants to know what they were. */
  readonly offenders: readonly string[];
}

/**
 * Watches all threads of a process of the namespace until `until` has resolved, and those of the processes that it starts. The
 * calls are written to `path`.
 */
export async function idleCalls(
  { pid, namespace, path }: { readonly pid: number; readonly namespace: Namespace; readonly path: string },
  until: () => Promise<void>,
): Promise<IdleCalls> {
  // -yy: what each descriptor is, which strace knows of the sockets of its own namespace only.
  const watch = ['-f', '-yy', '-e', `trace=${PROCESSES},${DISK},${NETLINK}`, '-o', path, '-p', String(pid)];
  const strace = namespace.spawn('strace', watch, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(strace, 'close');
  const [first] = (await once(createInterface({ input: strace.stderr! }), 'line')) as [string];
  if (!first.includes('attached')) throw new Error(`strace: ${first}`);
  try {
    await until();
  } finally {
    // Lets go of the process, which goes on.
    strace.kill('SIGINT');
    await closed;
  }
  return count(wholeCalls(readFileSync(path, 'utf8')));
}

function count(calls: readonly string[]): IdleCalls {
  const processes = calls.filter(
    (call) => /^(fork|vfork|clone|clone3)\(/.test(call) && !call.includes('CLONE_THREAD'),
  );
  const writes = calls.filter(changesDisk);
  const netfilter = calls.filter((call) => /^(send|recv)\w+\(\d+<NETLINK:\[NETFILTER/.test(call));
  const received = netfilter.filter((call) => call.startsWith('recv'));
  const looks = netfilter.filter((call) => call.startsWith('send') && !call.includes('NFT_MSG_GETGEN'));
  return {
    processes: processes.length,
    diskWrites: writes.length,
    looks: looks.length,
    nftablesBytes: received.reduce(
      (sum, call) => sum + Math.max(0, Number(/= (-?\d+)$/.exec(call)?.[1] ?? 0)),
      0,
    ),
    offenders: [...processes, ...writes],
  };
}

/** A write to a descriptor counts when that is a path of a file system that is not the kernel's own view of things. */
function changesDisk(call: string): boolean {
  if (/^(open|openat|openat2)\(/.test(call)) return /O_(WRONLY|RDWR|CREAT|TRUNC)/.test(call);
  if (/^p?writev?(64|2)?\(/.test(call)) return /^\w+\(\d+<\/(?!dev\/|proc\/)/.test(call);
  return !/^(send|recv|v?fork|clone)/.test(call);
}

/** Without the numbers of the threads; a call that another thread's came between is put together again, one that failed left out. */
function wholeCalls(text: string): string[] {
  const begun = new Map<string, string>();
  const calls: string[] = [];
  for (const line of text.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(call);
    if (call.endsWith('<unfinished ...>')) begun.set(thread, call.slice(0, -'<unfinished ...>'.length));
    else if (resumed !== null) calls.push(`${begun.get(thread) ?? ''}${resumed[1]}`);
    else if (/^\w+\(/.test(call)) calls.push(call);
  }
  return calls.filter((call) => !/ = -1 E\w+ \(.*\)$/.test(call));
}
