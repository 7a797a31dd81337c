// docs/cloud-init: the documents are what an operator fills in, and the agent takes the configuration in them. test/packaging runs them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseAgentLine } from '../../../src/commands/watcher/program.ts';
import { resolveConfig } from '../../../src/watcher/config/resolve.ts';

const DIRECTORY = join(import.meta.dirname, '../../../docs/cloud-init');
const CLOUD_CONFIG = readFileSync(join(DIRECTORY, 'user-data.yaml'), 'utf8');
const SCRIPT = readFileSync(join(DIRECTORY, 'user-data.sh'), 'utf8');
/** The lines of CloneSquad's documentation after its download, which go on as they are. */
const LINES_OF_OLD = [
  '/usr/local/sbin/cs-instance-watcher --on-draining-block-new-connections-to-ports 80 443 --log-file /var/log/cs-instance-watcher.log --log-file-rotate d,1,10 --generate-systemd /etc/systemd/system/cs-instance-watcher.service',
  'systemctl enable cs-instance-watcher',
  'systemctl start cs-instance-watcher',
];

interface CloudConfig {
  readonly write_files: readonly {
    readonly path: string;
    readonly content: string;
    readonly permissions: string;
  }[];
  readonly runcmd: readonly (readonly string[])[];
}

test('user-data.yaml writes a configuration that the agent takes', (t) => {
  assert.ok(CLOUD_CONFIG.startsWith('#cloud-config\n'));
  const { write_files: files } = parse(CLOUD_CONFIG) as CloudConfig;
  assert.deepEqual(
    files.map(({ path, permissions }) => [path, permissions]),
    [['/etc/cs-instance-watcher.json', '0644']],
  );
  const directory = mkdtempSync(join(tmpdir(), 'user-data-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'config.json');
  writeFileSync(file, files[0]!.content);
  const { config } = resolveConfig({ given: new Map([['configFile', [file]]]), env: {}, cwd: '/' });
  assert.deepEqual(config.ports, [
    { first: 80, last: 80 },
    { first: 443, last: 443 },
  ]);
});

test('user-data.sh ends with the lines of the Python tool', () => {
  const commands = SCRIPT.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(commands.slice(-3), LINES_OF_OLD);
  assert.doesNotThrow(() => parseAgentLine(LINES_OF_OLD[0]!.split(' ').slice(1), '0'));
});

for (const [document, script] of [
  ['user-data.yaml', (parse(CLOUD_CONFIG) as CloudConfig).runcmd[0]!.at(-1)!],
  ['user-data.sh', SCRIPT],
] as const) {
  test(`${document} checks what it has downloaded before it is unpacked`, () => {
    assert.equal(spawnSync('sh', ['-n'], { input: script }).status, 0);
    const order = ['curl ', 'sha256sum --check', 'tar -C', 'install.sh'].map((word) => script.indexOf(word));
    assert.ok(!order.includes(-1));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });
}
