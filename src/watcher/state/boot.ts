// Which boot of the kernel this is: what was true of the firewall before a reboot is not true after it.
import { readFileSync } from 'node:fs';

/** The kernel's boot id, a UUID that is new at every boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
