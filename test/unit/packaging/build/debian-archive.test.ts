// What goes into a release is signed, whatever this machine's apt lets pass.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DebianArchive } from '../../../../scripts/packaging/debian-archive.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';

test('an archive without a signature is refused, where apt is configured to take it too', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  const [archive, list, config] = ['archive', 'sources.list', 'apt.conf'].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(archive);
  writeFileSync(join(archive, 'Packages'), '');
  writeFileSync(list, `deb file:${archive} ./\n`);
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "${list}"; Dir::Etc::sourceparts "/dev/null"; Acquire::AllowInsecureRepositories "true";\n`,
  );
  const before = process.env.APT_CONFIG;
  process.env.APT_CONFIG = config;
  try {
    assert.throws(() => new DebianArchive(join(path, 'state'), 'amd64'), /does not have a Release file/);
  } finally {
    if (before === undefined) delete process.env.APT_CONFIG;
    else process.env.APT_CONFIG = before;
  }
});
