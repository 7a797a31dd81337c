// Guests that take themselves for instances of a cloud: Debian's cloud-init is in them, and a seed on the disk says what the
// metadata service of EC2 would say.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Guest } from './guest.ts';

export interface Instance {
  readonly id: string;
  readonly hostname: string;
  /** As EC2 hands it to cloud-init: it begins with `#cloud-config` or `#!`. */
  readonly userData?: string;
}

const SEED = '/var/lib/cloud/seed/nocloud';
// The network of a guest is the test's to configure, and it has no locales to choose from.
const SETTINGS = 'datasource_list: [NoCloud]\nnetwork: {config: disabled}\nlocale: false\n';
const INSTALL = `apt-get -qq update
  apt-get -qq install -y --no-install-recommends cloud-init openssh-client
  rm -rf /var/lib/apt/lists/*`;
const INSTALL_DEADLINE_MS = 300_000;

const run = promisify(execFile);

/** Installs cloud-init, and what it makes host keys with, into a guest that is off. Needs Debian's archive. */
export async function installCloudInit(guest: Guest): Promise<void> {
  await inRoot(guest, ['--resolv-conf=bind-host', '--setenv=DEBIAN_FRONTEND=noninteractive'], INSTALL);
  writeFileSync(guest.path('/etc/cloud/cloud.cfg.d/99_test.cfg'), SETTINGS);
}

/** The file's faults as cloud-init tells them; empty: none. Nothing of it is run. */
export async function faultsOf(guest: Guest, userData: string): Promise<string> {
  const file = '/var/tmp/user-data.yaml';
  writeFileSync(guest.path(file), userData);
  try {
    await inRoot(
      guest,
      ['--private-network', '--resolv-conf=off'],
      `cloud-init schema --config-file ${file}`,
    );
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trim() || String(error);
  } finally {
    rmSync(guest.path(file));
  }
}

/** What the guest, which is off, finds out at its next boot that it is. */
export function becomes(guest: Guest, { id, hostname, userData = '' }: Instance): void {
  mkdirSync(guest.path(SEED), { recursive: true });
  writeFileSync(guest.path(`${SEED}/meta-data`), `instance-id: ${id}\nlocal-hostname: ${hostname}\n`);
  writeFileSync(guest.path(`${SEED}/user-data`), userData);
}

/** The metadata service is not there any more. */
export function leaveCloud(guest: Guest): void {
  rmSync(guest.path(SEED), { recursive: true });
}

/** Runs a line of shell in the root of a guest that is off, and leaves nothing in this machine's /run. */
async function inRoot(guest: Guest, options: readonly string[], line: string): Promise<void> {
  const container = [
    '--quiet',
    `--directory=${guest.root}`,
    '--register=no',
    '--keep-unit',
    '--console=pipe',
  ];
  await run(
    'unshare',
    [
      ...['--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec systemd-nspawn "$@"', 'sh'],
      ...[...container, '--timezone=off', '--link-journal=no', ...options, 'sh', '-ec', line],
    ],
    { timeout: INSTALL_DEADLINE_MS },
  );
}
