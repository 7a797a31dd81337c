// Where the addon is looked for, from the sources and from a bundle, and what is said when it is not there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { build } from 'esbuild';

const source = path.resolve(import.meta.dirname, '../../../src/firewall/binding.ts');
const built = path.resolve(import.meta.dirname, '../../../build/cmake/Release/addon.node');
const program = `
  import { loadAddon } from ${JSON.stringify(source)};
  try { process.stdout.write(Object.keys(loadAddon()).join(' ')); }
  catch (error) { process.stdout.write(error.name + ': ' + error.message); }
`;

describe('loadAddon', () => {
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'cs-binding-')));
    mkdirSync(path.join(folder, 'dist/lib'), { recursive: true });
    mkdirSync(path.join(folder, 'dist/native'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the program with only `environment` of ours; resolves with what it printed. */
  const run = (script: string, environment: Record<string, string> = {}) => {
    const { CS_NATIVE_DIR: _, ...env } = process.env;
    return execFileSync(process.execPath, [script], { env: { ...env, ...environment }, encoding: 'utf8' });
  };

  const fromSource = (environment?: Record<string, string>) => {
    const script = path.join(folder, 'program.ts');
    writeFileSync(script, program);
    return run(script, environment);
  };

  /** Bundles the program as scripts/build.ts does. */
  const fromBundle = async (environment?: Record<string, string>) => {
    const outfile = path.join(folder, 'dist/lib/program.cjs');
    await build({
      stdin: { contents: program, resolveDir: folder, loader: 'ts' },
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      define: { 'import.meta.dirname': '__dirname' },
    });
    return run(outfile, environment);
  };

  it('finds the build tree from the sources', () => {
    assert.match(fromSource(), /^Firewall\b/);
  });

  it('finds the addon beside a bundle', async () => {
    copyFileSync(built, path.join(folder, 'dist/native/addon.node'));
    assert.match(await fromBundle(), /^Firewall\b/);
  });

  it('names every place and its reason when there is none', async () => {
    writeFileSync(path.join(folder, 'dist/native/addon.node'), 'no object file'.padEnd(4096));
    const message = await fromBundle();
    const what =
      /^NativeLoadError: cannot load the native addon \(linux \w+, glibc [\d.]+, node v24\.[\d.]+\): /;
    assert.match(message, what);
    const [first, second, ...rest] = message.replace(what, '').split('; ');
    assert.equal(first!.slice(0, first!.indexOf(': ')), `${folder}/dist/native/addon.node`);
    assert.match(first!, /invalid ELF header$/);
    assert.match(
      second!,
      new RegExp(`^${folder}/build/cmake/Release/addon.node: Cannot find module [^\n]*$`),
    );
    assert.deepEqual(rest, []);
  });

  it('looks in $CS_NATIVE_DIR and nowhere else', () => {
    assert.match(fromSource({ CS_NATIVE_DIR: path.dirname(built) }), /^Firewall\b/);
    const message = fromSource({ CS_NATIVE_DIR: path.join(folder, 'nowhere') });
    assert.match(message, /: \S+\/nowhere\/addon\.node: Cannot find module [^;\n]*$/);
  });
});
