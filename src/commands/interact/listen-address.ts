// The address that `serve` listens on: how it is given, and who can read what passes there.
import { isIPv6, BlockList } from 'node:net';
import { InvalidArgumentError } from 'commander';

export interface ListenAddress {
  /** An address or a name. */
  readonly host: string;
  readonly port: number;
}

/** Throws commander's InvalidArgumentError. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new InvalidArgumentError('Expected HOST:PORT or [IPV6]:PORT.');
  return { host: (match[1] ?? match[2])!, port };
}

/** Whether only this host can send to an IP address. */
export function isLoopback(address: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8);
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Whether an IP address stands for all those of the host. */
export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
