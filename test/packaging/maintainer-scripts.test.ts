// The maintainer scripts as shellcheck reads them: POSIX sh, whole as the packages have them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { maintainerScript } from '../../scripts/packaging/os-packages/maintainer-scripts.ts';

for (const name of [
  ...(['deb-postinst', 'deb-prerm', 'deb-postrm'] as const),
  ...(['rpm-post', 'rpm-posttrans', 'rpm-preun', 'rpm-postun'] as const),
])
  test(`${name} is clean`, () => {
    const { status, stdout, stderr, error } = spawnSync('shellcheck', ['--shell=sh', '-'], {
      input: maintainerScript(name),
      encoding: 'utf8',
    });
    assert.equal(error, undefined);
    assert.equal(status, 0, `${stdout}${stderr}`);
  });
