// The systemd unit that `--generate-systemd` writes.
import { quoteArgument, quoteProgram } from './systemd-quote.ts';

export interface UnitCommand {
  /** Absolute path of the program the unit starts. */
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * The unit's text.
 *
 * Ordering only: readiness never waits for the network, and both firewall services flush the ruleset when they start.
 * The runtime directory is preserved because the lock in it must be the same file for whoever holds it across a restart.
 * The operator's scripts inherit this unit's sandbox: nothing here may need a mount namespace, or take away a file, a
 * capability or an address family that a script could use.
 */
export function systemdUnit({ program, args }: UnitCommand): string {
  return `[Unit]
Description=Refuse new connections while CloneSquad drains this instance
After=network.target nftables.service firewalld.service
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart=${[quoteProgram(program), ...args.map(quoteArgument)].join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2 75
TimeoutStopSec=30
KillMode=mixed
StateDirectory=cs-instance-watcher
RuntimeDirectory=cs-instance-watcher
RuntimeDirectoryPreserve=yes
LockPersonality=yes
RestrictRealtime=yes

[Install]
WantedBy=multi-user.target
`;
}
