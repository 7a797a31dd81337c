// Upgraded and rolled back during a drain: no port opens, whoever holds the table, and a version that does not work goes again.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import {
  INSTALLER,
  NEXT_INSTALLER,
  NEXT_PACKAGE,
  nextRelease,
  type Release,
  thisRelease,
} from './packages.ts';
import { CONFIG, MODES, Service } from './service.ts';

const INSTALLED = '/opt/cs-instance-watcher/current/install.sh';

// Answers --print-config as a version that works, and ends when it is to serve.
const BREAK = `
  cp -a ${NEXT_PACKAGE}/tree-x64 /root/broken
  cd /root/broken
  echo 9.9.9 > VERSION
  mv bin/cs-instance-watcher bin/works
  printf '#!/bin/sh\\ncase "$*" in *--print-config*) exec "\${0%%/*}/works" "$@" ;; esac\\necho broken >&2\\nexit 1\\n' > bin/cs-instance-watcher
  chmod 755 bin/cs-instance-watcher
  find . -type f ! -name SHA256SUMS | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS`;

for (const ownership of MODES) {
  test(`upgrade and rollback during a drain (--table-ownership ${ownership})`, async (t) => {
    const [now, next] = [thisRelease(), await nextRelease()];
    const service = await Service.started(t, { ownership, readOnly: { [NEXT_PACKAGE]: next.directory } });
    const { guest } = service;
    const conversation = await service.ports.converse();
    await service.drain();
    const configBefore = fileFacts(guest.path(CONFIG));

    await t.test('upgrade: closed throughout, the next version serves', async (t) => {
      t.diagnostic(`upgrade, ${ownership}: ${await switches(service, NEXT_INSTALLER, [], next)}`);
      await conversation.clientSends();
    });

    await t.test('rollback: closed throughout, this version serves', async (t) => {
      t.diagnostic(`rollback, ${ownership}: ${await switches(service, INSTALLED, ['rollback'], now)}`);
      await conversation.serverSends();
    });

    await t.test(
      'a version that does not become ready rolls back by itself, closed throughout',
      async (t) => {
        await guest.shell(BREAK);
        const { MainPID } = await service.show('MainPID');
        const attempts = await service.ports.keepsClosedDuring(async () => {
          const { status, stderr } = await guest.try('/root/broken/install.sh');
          assert.equal(status, 1, stderr);
          assert.match(
            stderr,
            new RegExp(`9\\.9\\.9 does not become ready.*\\n.*${now.version} is in force again`),
          );
          await service.statusBecomes(/^draining; refusing /);
        });
        assert.notEqual((await service.show('MainPID')).MainPID, MainPID);
        assert.equal(await service.version(), now.version);
        assert.ok(!(await guest.shell('ls /opt/cs-instance-watcher')).includes('9.9.9'));
        t.diagnostic(`broken version, ${ownership}: ${attempts.length} SYNs refused, 0 accepted`);
      },
    );

    await t.test('the same version once more changes nothing and restarts nothing', async () => {
      const { MainPID } = await service.show('MainPID');
      assert.match(await guest.run(INSTALLER), /nothing to do/);
      assert.equal((await service.show('MainPID')).MainPID, MainPID);
    });

    assert.deepEqual(fileFacts(guest.path(CONFIG)), configBefore);
    await service.undrain();
    await conversation.clientSends();
  });
}

/** An installer's run, during which no SYN is accepted; how long there was no agent, in words. */
async function switches(
  service: Service,
  installer: string,
  args: readonly string[],
  { version: expected }: Release,
): Promise<string> {
  const attempts = await service.ports.keepsClosedDuring(async () => {
    await service.guest.run(installer, args);
    await service.statusBecomes(/^draining; refusing .*; 1 connection\(s\) left$/);
  });
  assert.equal(await service.version(), expected);
  const windowMs = await service.lastWindowMs();
  assert.ok(windowMs > 0 && windowMs < 5_000, `without an agent for ${windowMs} ms`);
  return `without an agent for ${windowMs.toFixed(0)} ms; ${attempts.length} SYNs refused, 0 accepted`;
}

function fileFacts(path: string): readonly unknown[] {
  const { mtimeMs, ino, mode, uid } = statSync(path);
  return [mtimeMs, ino, mode, uid, readFileSync(path, 'utf8')];
}
