// The guest's whole file system: the built programs as installed, nft and ip, what they link to, and kernel modules.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import type { KernelPackage } from './kernel-package.ts';

const ROOT = join(import.meta.dirname, '../..');
const GUEST = join(import.meta.dirname, 'guest');
const DIST = join(ROOT, 'dist');

/** Where the programs are in the guest; guest/init knows it too. */
const INSTALLED = 'opt/cs-instance-watcher';

/** All of the network code, so that the agent's own netlink calls load what they need, as on an instance. */
const MODULES = ['kernel/net', 'kernel/lib', 'kernel/crypto', 'kernel/drivers/net/veth.ko'];

const TOOLS = ['/usr/sbin/nft', '/usr/sbin/ip'];

/** Lays the file system out in `directory` and packs it into `archive`. Both must be free. */
export async function packInitramfs(
  kernel: KernelPackage,
  directory: string,
  archive: string,
): Promise<void> {
  for (const room of ['bin', 'sbin', 'dev', 'etc', 'proc', 'sys', 'run', 'tmp', 'var/lib', INSTALLED]) {
    mkdirSync(join(directory, room), { recursive: true });
  }
  place('/usr/bin/busybox', join(directory, 'bin/busybox'));
  symlinkSync('busybox', join(directory, 'bin/sh'));
  symlinkSync('../bin/busybox', join(directory, 'sbin/modprobe'));
  place(join(GUEST, 'init'), join(directory, 'init'));

  // Not cpSync: it leaves the links inside a directory as they are, `dereference` or not.
  execFileSync('cp', ['-rL', `${DIST}/.`, join(directory, INSTALLED)]);
  for (const tool of TOOLS) place(tool, join(directory, tool));
  for (const library of libraries([join(DIST, 'runtime/node'), join(DIST, 'native/addon.node'), ...TOOLS])) {
    place(library, join(directory, library));
  }
  placeModules(kernel, directory);

  await build({
    entryPoints: [join(GUEST, 'scenario.ts'), join(GUEST, 'echo-server.ts')],
    outdir: join(directory, 'test'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  });
  pack(directory, archive);
}

/** Every shared library that these need, the loader included. Those inside dist/ are copied with it. */
function libraries(files: readonly string[]): string[] {
  const found = new Set<string>();
  for (const file of files) {
    const output = execFileSync('ldd', [file], { encoding: 'utf8' });
    const missing = /^\s*(\S+) => not found/m.exec(output);
    if (missing !== null) throw new Error(`${file} needs ${missing[1]}, which this machine does not have`);
    for (const [, path] of output.matchAll(/(?:^\s*|=> )(\/\S+) \(0x/gm)) found.add(path as string);
  }
  return [...found].filter((path) => relative(DIST, path).startsWith('..'));
}

function placeModules(kernel: KernelPackage, directory: string): void {
  const target = join(directory, 'lib/modules', kernel.release);
  for (const part of MODULES) cpSync(join(kernel.modules, part), join(target, part), { recursive: true });
  for (const list of readdirSync(kernel.modules).filter((name) => name.startsWith('modules.'))) {
    place(join(kernel.modules, list), join(target, list));
  }
  execFileSync('busybox', ['depmod', '-b', directory, kernel.release]);
}

function place(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, 0o755);
}

/** Not compressed: under emulation unpacking costs more than reading. */
function pack(directory: string, archive: string): void {
  const script = 'find . | cpio --quiet -o -H newc -R 0:0 > "$0"';
  execFileSync('sh', ['-c', script, resolve(archive)], { cwd: directory });
}
