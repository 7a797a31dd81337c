// Interpreters that a script's first line leads to, met before it is started.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openScript } from '../../../../src/watcher/hooks/select.ts';
import { holdFile } from '../../../fixtures/held-file.ts';
import { createScriptDirectory, type ScriptDirectory } from './script-directory.ts';

describe("a script's interpreter", () => {
  let directory: ScriptDirectory;
  beforeEach(() => {
    directory = createScriptDirectory();
  });
  afterEach(() => directory.remove());

  async function isOpened(path: string): Promise<boolean> {
    const result = await openScript(path, directory.trust);
    if ('script' in result) await result.script.file.close();
    return 'script' in result;
  }

  const leads: readonly (readonly [name: string, firstLine: (interpreter: string) => string])[] = [
    ['named in its first line', (interpreter) => `#!${interpreter}\n`],
    ['with blanks around it, and an argument', (interpreter) => `#! \t${interpreter} -e\n`],
    ['of its interpreter', (interpreter) => `#!${directory.add('between', `#!${interpreter}\n`)}\n`],
  ];
  for (const [name, firstLine] of leads) {
    it(`${name} is waited for while it hangs, not by the thread that all wait for`, async () => {
      const interpreter = join(directory.path, 'sh');
      copyFileSync('/bin/sh', interpreter);
      const script = directory.add('draining/10-a', firstLine(interpreter));
      const held = await holdFile(interpreter);
      try {
        const opened = isOpened(script);
        assert.equal(await Promise.race([opened, held.asked.then(() => 'asked')]), 'asked');
        await held.release();
        assert.equal(await opened, true);
      } finally {
        await held.release();
      }
    });
  }

  for (const [what, text] of [
    ['text', 'neither #! nor a program\n'],
    ['empty', ''],
  ] as const) {
    it(`that is ${what}: refused, as /bin/sh would run the script instead`, async () => {
      const interpreter = join(directory.path, 'interpreter');
      writeFileSync(interpreter, text, { mode: 0o755 });
      const result = await openScript(directory.add('draining/10-a', `#!${interpreter}\n`), directory.trust);
      assert.ok('refusal' in result);
      assert.equal(result.refusal.problem, `its interpreter ${interpreter} is no program`);
    });
  }

  const others: readonly (readonly [name: string, body: () => string])[] = [
    ['missing', () => '#!/nowhere/interpreter\n'],
    ['a directory', () => `#!${directory.path}\n`],
    ['itself', () => `#!${join(directory.path, 'draining/10-a')}\n`],
    ['nothing', () => '#!\n'],
    ['relative, from the directory that scripts run in', () => '#!bin/sh\n'],
    ['longer than is looked at', () => `#!/${'x'.repeat(5_000)}\n`],
    [
      'a FIFO, which to open would last',
      () => {
        const fifo = join(directory.path, 'fifo');
        execFileSync('mkfifo', [fifo]);
        chmodSync(fifo, 0o755);
        return `#!${fifo}\n`;
      },
    ],
  ];
  for (const [name, body] of others) {
    it(`that is ${name}: for execve to judge`, async () => {
      assert.equal(await isOpened(directory.add('draining/10-a', body())), true);
    });
  }
});
