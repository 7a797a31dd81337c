// Compiles the addon for a release, of either architecture: not what setup has compiled for the tests of this machine.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ARCH_NAMES, type Arch } from './arch.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What of the environment would go into the addon, beside or before what is in the sysroot (cmake-env-variables(7), gcc(1)). */
const FLAGS = [
  'CXXFLAGS',
  'CPPFLAGS',
  'LDFLAGS',
  'CPATH',
  'CPLUS_INCLUDE_PATH',
  'LIBRARY_PATH',
  'COMPILER_PATH',
];

/** Its path. Throws what the compiler says. */
export function compiledAddon(arch: Arch, sysroot: string): string {
  const out = join(ROOT, `build/cmake-${arch}`);
  // Whatever was compiled before may have been against other libraries.
  rmSync(out, { recursive: true, force: true });
  const definitions = {
    CMAKE_TOOLCHAIN_FILE: join(ROOT, 'native/toolchain-release.cmake'),
    CMAKE_SYSROOT: sysroot,
    TRIPLET: ARCH_NAMES[arch].gnuTriplet,
  };
  try {
    execFileSync(
      join(ROOT, 'node_modules/.bin/cmake-js'),
      [
        ...['compile', '--out', out, '--arch', arch],
        ...Object.entries(definitions).map(([name, value]) => `--CD${name}=${value}`),
      ],
      { cwd: ROOT, env: withoutFlags(process.env), stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' },
    );
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`the addon does not compile for ${arch}:\n${stdout ?? ''}${stderr ?? ''}`, {
      cause: error,
    });
  }
  return join(out, 'Release/addon.node');
}

function withoutFlags(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !FLAGS.includes(name)));
}
