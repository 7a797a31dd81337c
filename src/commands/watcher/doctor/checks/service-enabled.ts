// Whether the first boot of an image starts the agent.
import { join } from 'node:path';
import { shellWord } from '../../../../watcher/domain/shell-word.ts';
import { type Check, type Finding, ok, problem, warning } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';
import { isMasked, UNIT, UNIT_DIRECTORIES, unitFile } from '../unit-files.ts';

/** What is found of the unit that systemd would use. */
export interface ServiceFacts {
  /** Its path; null when there is none. */
  readonly unit: string | null;
  readonly isMasked: boolean;
  /** The program that it starts, when that is not there. */
  readonly missingProgram: string | null;
  /** Units that want or require it. */
  readonly wantedBy: readonly string[];
}

const INSTALL = 'sh install.sh --enable, in the unpacked release';

export const serviceEnabled: Check = {
  id: 'service-enabled',
  title: 'start at boot',
  place: 'bake',
  look: ({ host }) => judgeService(serviceFacts(host)),
};

export function judgeService({ unit, isMasked, missingProgram, wantedBy }: ServiceFacts): Finding {
  if (unit === null) {
    return warning(
      `there is no ${UNIT}`,
      `${INSTALL}; or: cs-instance-watcher --generate-systemd /etc/systemd/system/${UNIT} --on-draining-block-new-connections-to-ports 80 443; systemctl enable ${UNIT}`,
    );
  }
  if (isMasked) {
    return problem(`${unit} is masked: no instance of this image can start it`, `systemctl unmask ${UNIT}`);
  }
  if (missingProgram !== null) {
    const isInTheWay = unit.startsWith('/etc/');
    return problem(
      `${unit} starts ${missingProgram}, which is not there`,
      isInTheWay ? `${INSTALL}; where its unit is to be used: rm ${shellWord(unit)}` : INSTALL,
    );
  }
  return wantedBy.length > 0
    ? ok(`${unit} is wanted by ${wantedBy.join(', ')}`)
    : warning(`${unit} is not enabled: no instance of this image starts it`, `systemctl enable ${UNIT}`);
}

function serviceFacts(host: HostFiles): ServiceFacts {
  const unit = unitFile(host);
  if (unit === null) return { unit, isMasked: false, missingProgram: null, wantedBy: [] };
  const program = programOf(host, unit);
  const isMissing = program !== null && host.stats(program).kind === 'absent';
  return {
    unit,
    isMasked: isMasked(host, unit),
    missingProgram: isMissing ? program : null,
    wantedBy: wantedBy(host),
  };
}

/** Behind systemd's prefixes; null when it is not named by an absolute path. */
function programOf(host: HostFiles, unit: string): string | null {
  const command = host.lines(unit).find((line) => line.startsWith('ExecStart=')) ?? '';
  const [, quoted, bare] =
    /^ExecStart=[@:+!|-]*(?:"(\/[^"\\%]*)"|(\/[^\s"\\%]*))(?:\s|$)/.exec(command) ?? [];
  return quoted ?? bare ?? null;
}

function wantedBy(host: HostFiles): string[] {
  const found = UNIT_DIRECTORIES.flatMap((directory) =>
    (seen(host.names(directory)) ?? [])
      .filter((name) => /\.(wants|requires)$/.test(name))
      .filter((name) => (seen(host.names(join(directory, name))) ?? []).includes(UNIT)),
  );
  return [...new Set(found.map((name) => name.replace(/\.(wants|requires)$/, '')))];
}
