// `--allow-from`: networks in the one canonical form that the firewall's read-back compares with.
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An address range of one family; `first` has its host bits clear. */
interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly prefixLength: number;
}

/**
 * Canonical CIDR strings of the networks named: host bits cleared, IPv4 before IPv6, sorted by address, contained and
 * adjacent networks merged. A bare address is a host. `adjusted` lists the tokens whose host bits were set.
 * Throws `RangeError` naming the bad token.
 */
export function canonicalCidrs(tokens: readonly string[]): {
  readonly cidrs: readonly string[];
  readonly adjusted: readonly string[];
} {
  const parsed = tokens.map((token) => parseNetwork(token));
  const adjusted = tokens.filter((_, i) => parsed[i]?.hostBitsSet === true);
  const networks = mergeNetworks(parsed.map(({ network }) => network));
  return { cidrs: networks.map(formatNetwork), adjusted };
}

function parseNetwork(token: string): { network: Network; hostBitsSet: boolean } {
  const match = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(token);
  const address = match?.[1] ?? '';
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : null;
  if (family === null) {
    throw new RangeError(`expected an address or a network such as 10.0.0.0/8 or fd00::/8, got '${token}'`);
  }
  const bits = family === 4 ? 32 : 128;
  const prefixLength = Number(match?.[2] ?? bits);
  if (prefixLength > bits) {
    throw new RangeError(`the prefix length of '${token}' is over ${bits}`);
  }
  const value = family === 4 ? fromIpv4(address) : fromIpv6(address);
  if (family === 6 && value >> 32n === 0xffffn) {
    throw new RangeError(`'${token}' is an IPv4 address in IPv6 form: write the IPv4 address`);
  }
  const first = clearHostBits(value, { family, prefixLength });
  return { network: { family, first, prefixLength }, hostBitsSet: first !== value };
}

function mergeNetworks(networks: readonly Network[]): Network[] {
  const sorted = [...networks].sort(
    (a, b) => a.family - b.family || compare(a.first, b.first) || a.prefixLength - b.prefixLength,
  );
  const merged: Network[] = [];
  for (const network of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && contains(previous, network)) continue;
    merged.push(network);
    while (joinLastTwo(merged));
  }
  return merged;
}

/** Replaces the last two networks by the one they are the halves of; false when they are not. */
function joinLastTwo(networks: Network[]): boolean {
  const a = networks.at(-2);
  const b = networks.at(-1);
  if (a === undefined || b === undefined || a.family !== b.family) return false;
  if (a.prefixLength !== b.prefixLength || a.prefixLength === 0) return false;
  const parent = { ...a, prefixLength: a.prefixLength - 1 };
  const isFirstHalf = clearHostBits(a.first, parent) === a.first;
  if (!isFirstHalf || !contains(parent, b)) return false;
  networks.splice(-2, 2, parent);
  return true;
}

function contains(outer: Network, inner: Network): boolean {
  return (
    outer.family === inner.family &&
    outer.prefixLength <= inner.prefixLength &&
    clearHostBits(inner.first, outer) === outer.first
  );
}

function clearHostBits(address: bigint, { family, prefixLength }: Omit<Network, 'first'>): bigint {
  const hostBits = BigInt((family === 4 ? 32 : 128) - prefixLength);
  return (address >> hostBits) << hostBits;
}

function fromIpv4(address: string): bigint {
  return address.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function fromIpv6(address: string): bigint {
  const tail = /\d+(?:\.\d+){3}$/.exec(address)?.[0];
  const hexTail = tail === undefined ? '' : fromIpv4(tail).toString(16).padStart(8, '0');
  const plain =
    tail === undefined
      ? address
      : `${address.slice(0, -tail.length)}${hexTail.slice(0, 4)}:${hexTail.slice(4)}`;
  const [left = '', right = ''] = plain.split('::');
  const head = left.split(':').filter((group) => group !== '');
  const rest = right.split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - head.length - rest.length).fill('0');
  return [...head, ...zeros, ...rest].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** The C library's form (inet_ntop), which is what the addon reads back from the kernel. */
function formatNetwork({ family, first, prefixLength }: Network): string {
  if (family === 4) {
    const octets = [24n, 16n, 8n, 0n].map((shift) => String((first >> shift) & 0xffn));
    return `${octets.join('.')}/${prefixLength}`;
  }
  const groups = first.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' });
  return `${address}/${prefixLength}`;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
