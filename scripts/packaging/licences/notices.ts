// THIRD_PARTY_NOTICES: who wrote what is in the release besides us, and the full text of every licence.
import type { Component } from './component.ts';
import { type ReleaseInputs, releaseComponents } from './release-components.ts';

const RULE = '='.repeat(80);

/** The text. Components under one and the same text are told together. Throws a LicenceError as `releaseComponents` does. */
export function noticesText(inputs: ReleaseInputs): string {
  const byText = Map.groupBy(releaseComponents(inputs), ({ licenceText }) => licenceText);
  const sections = [...byText].map(([text, components]) =>
    [RULE, ...components.map(line), RULE, '', text, ''].join('\n'),
  );
  return [opening(inputs), ...sections].join('\n');
}

function line({ name, version, licence, files }: Component): string {
  return `${name} ${version} (${licence}), in ${files.join(', ')}`;
}

function opening({ libraries }: ReleaseInputs): string {
  const wanted = libraries.map(({ name, version }) => `${name}=${version}`).join(' ');
  return `cs-instance-watcher as a whole is under the GNU General Public License, version 3 or any later version (see LICENSE).
It contains the following software, each part under the licence that follows it.

The libraries in native/ are as Debian compiled them. Their complete source is Debian's source packages of these versions; on a Debian
system with deb-src sources: apt-get source --download-only ${wanted}
`;
}
