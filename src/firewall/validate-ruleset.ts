// The invariants of a Ruleset, for the fake; the addon checks the same ones (native/nftables/ruleset.cc) and the contract
// test holds both to one list of bad rulesets.
import { isIP } from 'node:net';
import type { Ruleset } from './ruleset.ts';

const maxPortRanges = 4096;

/** Names the first field that breaks an invariant of `Ruleset` and says how, or returns null. */
export function rulesetProblem(ruleset: Ruleset): string | null {
  return portsProblem(ruleset) ?? allowFromProblem(ruleset);
}

function portsProblem({ ports }: Ruleset): string | null {
  if (ports.length === 0) return 'ruleset.ports must have at least one range';
  if (ports.length > maxPortRanges) {
    return `ruleset.ports must have at most ${maxPortRanges} ranges, got ${ports.length}`;
  }
  for (const [index, { first, last }] of ports.entries()) {
    const field = `ruleset.ports[${index}]`;
    if (!isPort(first)) return `${field}.first must be an integer from 1 to 65535`;
    if (!isPort(last)) return `${field}.last must be an integer from 1 to 65535`;
    if (last < first) return `${field}.last must not be less than first`;
    const before = ports[index - 1];
    if (before && first <= before.last + 1)
      return `${field} must lie after the range before it and not touch it`;
  }
  return null;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65535;
}

function allowFromProblem({ allowFrom }: Ruleset): string | null {
  let before: Prefix | null = null;
  for (const [index, text] of allowFrom.entries()) {
    const field = `ruleset.allowFrom[${index}]`;
    const prefix = parsePrefix(text);
    if (!prefix) return `${field} must be a canonical CIDR prefix such as "192.0.2.0/24"`;
    if (before && prefix.family < before.family) return `${field} must not be IPv4 after IPv6`;
    if (before && prefix.family === before.family && prefix.first <= before.last) {
      return `${field} must lie after the prefix before it and not overlap it`;
    }
    before = prefix;
  }
  return null;
}

interface Prefix {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

function parsePrefix(text: string): Prefix | null {
  const [address = '', digits = '', ...rest] = text.split('/');
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const length = Number(digits);
  if (family === 0 || rest.length > 0 || String(length) !== digits || length < 0 || length > bits)
    return null;
  if (family === 6 && canonicalIpv6(address) !== address) return null;
  const first = family === 4 ? ipv4Number(address) : ipv6Number(address);
  const hostBits = (1n << BigInt(bits - length)) - 1n;
  if ((first & hostBits) !== 0n) return null;
  return { family: family as 4 | 6, first, last: first | hostBits };
}

/** The form that inet_ntop(3) gives: a URL's, but with a mapped or compatible IPv4 address in dots. */
function canonicalIpv6(address: string): string | null {
  if (address.includes('%')) return null;
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const embedded = /^(::(?:ffff:)?)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (!embedded) return canonical;
  const [high, low] = [Number.parseInt(embedded[2]!, 16), Number.parseInt(embedded[3]!, 16)];
  return `${embedded[1]}${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function ipv4Number(address: string): bigint {
  return address.split('.').reduce((number, part) => (number << 8n) | BigInt(part), 0n);
}

function ipv6Number(address: string): bigint {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce(
    (number, group) => (number << 16n) | BigInt(`0x${group}`),
    0n,
  );
}
