// The scripts that dpkg and rpm run when the package comes and goes, each put together from what they share and its own part.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(import.meta.dirname, 'maintainer');

export type MaintainerScript =
  | 'deb-postinst'
  | 'deb-prerm'
  | 'deb-postrm'
  | 'rpm-post'
  | 'rpm-posttrans'
  | 'rpm-preun'
  | 'rpm-postun';

/** A whole script of POSIX sh. */
export function maintainerScript(name: MaintainerScript): string {
  const [shared, own] = ['service', name].map((file) =>
    readFileSync(join(DIRECTORY, `${file}.sh`), 'utf8').replace(/^# shellcheck shell=sh\n/, ''),
  );
  return `#!/bin/sh\nset -e\n\n${shared}\n${own}`;
}
