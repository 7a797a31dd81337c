// The systemd unit: one template for what `--generate-systemd` writes and for what is packaged.
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
 * WatchdogSec is the longest that the agent itself ever asks for, at a poll a minute; with each wait it names the time anew.
 * A hung agent is killed by SIGKILL: it has nothing to put in order, as the table is the kernel's and the record is on disk, and
 * the usual SIGABRT would leave a core of the whole runtime on what may be a small disk.
 * The operator's scripts inherit this unit's sandbox: nothing here may need a mount namespace, or take away a file, a
 * capability or an address family that a script could use. docs/systemd/locked-down.conf is for those who have no such scripts.
 */
export function systemdUnit({ program, args }: UnitCommand): string {
  return `[Unit]
Description=Refuse new connections while CloneSquad drains this instance
Documentation=man:cs-instance-watcher(8)
After=network.target nftables.service firewalld.service
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart=${[quoteProgram(program), ...args.map(quoteArgument)].join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
WatchdogSec=90
WatchdogSignal=SIGKILL
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

/**
 * The unit as it is packaged, for the build to write: no options, as the configuration file has them.
 * @param program absolute: `/opt/cs-instance-watcher/current/bin/cs-instance-watcher` in the tarball, `/usr/sbin/cs-instance-watcher`
 * in a package of the distribution
 */
export function packagedUnit(program: string): string {
  const origin =
    '# Replaced by every upgrade: keep changes in a drop-in (systemctl edit cs-instance-watcher).';
  return `${origin}\n${systemdUnit({ program, args: [] })}`;
}
