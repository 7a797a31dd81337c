// An address to listen on: how it is given and written, and which ports must not be there.
import { isIP, isIPv6 } from 'node:net';
import type { PortRange } from '../domain/port-ranges.ts';

export interface ListenAddress {
  /** An IP address; `::` listens on all, IPv4 included. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

const LAST_PORT = 65_535;

/** Reads `8080` or `:8080` (every address), `localhost:8080`, `127.0.0.1:8080` or `[::1]:8080`. Throws `RangeError`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+|localhost|\*))?:)?(\d{1,5})$/.exec(text);
  const [, ipv6, ipv4, digits] = match ?? [];
  const host = ipv6 ?? hostOf(ipv4);
  const port = Number(digits);
  const isAddress = ipv6 === undefined ? isIP(host) !== 0 : isIPv6(ipv6);
  if (match === null || !isAddress || port < 1 || port > LAST_PORT) {
    throw new RangeError(
      `expected PORT, ADDRESS:PORT or [IPV6]:PORT such as 127.0.0.1:8080, got ${JSON.stringify(text)}`,
    );
  }
  return { host, port };
}

function hostOf(given: string | undefined): string {
  if (given === undefined || given === '*') return '::';
  return given === 'localhost' ? '127.0.0.1' : given;
}

/** The address as `parseListenAddress` reads it. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a drain that refuses these ports would refuse whoever connects to the address. */
export function isAmong({ port }: ListenAddress, ports: readonly PortRange[]): boolean {
  return ports.some(({ first, last }) => first <= port && port <= last);
}
