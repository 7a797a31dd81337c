// Whether the first boot of an image starts the agent.
import { type Check, type Finding, ok, warning } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';

const UNIT = 'cs-instance-watcher.service';
const ADMINISTRATORS = '/etc/systemd/system';

export const serviceEnabled: Check = {
  id: 'service-enabled',
  title: 'start at boot',
  place: 'bake',
  look: ({ host }) => judgeService(hasUnit(host), wantedBy(host)),
};

export function judgeService(isThere: boolean, wantedBy: readonly string[]): Finding {
  if (!isThere) {
    return warning(
      `there is no ${UNIT}`,
      `cs-instance-watcher --generate-systemd ${ADMINISTRATORS}/${UNIT} --on-draining-block-new-connections-to-ports 80 443; systemctl enable ${UNIT}`,
    );
  }
  return wantedBy.length > 0
    ? ok(`${UNIT} is wanted by ${wantedBy.join(', ')}`)
    : warning(`${UNIT} is not enabled: no instance of this image starts it`, `systemctl enable ${UNIT}`);
}

function hasUnit(host: HostFiles): boolean {
  const directories = [ADMINISTRATORS, '/usr/lib/systemd/system', '/lib/systemd/system'];
  return directories.some((directory) => host.stats(`${directory}/${UNIT}`).kind === 'seen');
}

function wantedBy(host: HostFiles): string[] {
  return (seen(host.names(ADMINISTRATORS)) ?? [])
    .filter((name) => name.endsWith('.wants'))
    .filter((name) => (seen(host.names(`${ADMINISTRATORS}/${name}`)) ?? []).includes(UNIT))
    .map((name) => name.replace(/\.wants$/, ''));
}
