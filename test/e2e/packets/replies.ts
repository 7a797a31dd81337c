// What answers a client's SYNs, counted in the client's own namespace: ECONNREFUSED alone could be an ICMP message too.
import type { Namespace } from '../../fixtures/netns.ts';

const TABLE = `table inet replies {
  counter resets { }
  counter unreachable { }
  counter ecn-syns { }
  chain input { type filter hook input priority 0;
    iifname != "lo" tcp flags & (rst|ack) == (rst|ack) counter name "resets"
    icmp type destination-unreachable counter name "unreachable"
    icmpv6 type destination-unreachable counter name "unreachable"
  }
  chain output { type filter hook output priority 0;
    tcp flags & (syn|ack|ecn|cwr) == (syn|ecn|cwr) counter name "ecn-syns"
  }
}`;

export interface Replies {
  readonly resets: number;
  /** ICMP messages, of both families. */
  readonly unreachable: number;
  /** SYNs sent that offer ECN. */
  readonly ecnSyns: number;
}

/** Starts counting in a namespace; the function returned reads what was counted since it was last called. */
export async function countReplies(namespace: Namespace): Promise<() => Promise<Replies>> {
  await namespace.run('nft', ['-f', '-'], { input: TABLE });
  return async () => {
    const { nftables } = JSON.parse(await namespace.run('nft', ['-j', 'reset', 'counters'])) as CounterList;
    const packets = (name: string) =>
      nftables.find((entry) => entry.counter?.name === name)?.counter?.packets ?? Number.NaN;
    return { resets: packets('resets'), unreachable: packets('unreachable'), ecnSyns: packets('ecn-syns') };
  };
}

interface CounterList {
  readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
}
