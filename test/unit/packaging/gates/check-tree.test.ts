// Every gate, with a tree that is right but for one thing, of real ELF files.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Arch } from '../../../../scripts/packaging/arch.ts';
import { checkTree } from '../../../../scripts/packaging/gates/check-tree.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';
import {
  linkAddon,
  linkLibrary,
  linkRuntime,
  makeReleaseTree,
  put,
  writeChecksums,
} from '../../../fixtures/release-tree.ts';

const ARCH: Arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const OTHER: Arch = ARCH === 'x64' ? 'arm64' : 'x64';
const MACHINE: Readonly<Record<Arch, number>> = { x64: 62, arm64: 183 };
const FORBIDDEN = ['/build/of/somebody', '/home/me', '/root'];
const ELF_FILES = ['native/addon.node', 'native/libmnl.so.0', 'native/libnftnl.so.11', 'runtime/node'];

interface Defect {
  readonly name: string;
  /** Makes the tree wrong; its checksums are written anew afterwards. */
  readonly spoil: (tree: string) => void;
  readonly problems: readonly (string | RegExp)[];
}

/** A symbol of glibc 2.36, which a file from a newer build machine would need. */
const TOO_NEW = 'unsigned arc4random(void); unsigned roll(void) { return arc4random(); }';
const REAL_RPATH = '-Wl,-rpath,$ORIGIN';

const DEFECTS: readonly Defect[] = [
  {
    name: 'a file is missing',
    spoil: (tree) => rmSync(join(tree, 'install.sh')),
    problems: ['install.sh: is missing'],
  },
  {
    name: 'a directory of the top level is not ours',
    spoil: (tree) => put(tree, 'src/main.ts', '', 0o644),
    problems: ['src: does not belong here'],
  },
  {
    name: 'a file beside the programs',
    spoil: (tree) => put(tree, 'bin/cs-instance-watcher~', '', 0o755),
    problems: ['bin/cs-instance-watcher~: does not belong here'],
  },
  {
    name: 'a bundle of something else',
    spoil: (tree) => put(tree, 'lib/sandbox.cjs', '', 0o644),
    problems: ['lib/sandbox.cjs: does not belong here'],
  },
  {
    name: 'nothing starts the bundles, and one has no code cache',
    spoil: (tree) => {
      for (const name of ['start.cjs', 'cs-interact.cache']) rmSync(join(tree, 'lib', name));
    },
    problems: ['lib/cs-interact.cache: is missing', 'lib/start.cjs: is missing'],
  },
  {
    name: 'what tools left beside the documents',
    spoil: (tree) => {
      const left = [
        ...['docs/iam/terraform.tfstate', 'docs/iam/terraform.tfvars', 'docs/iam/.terraform.lock.hcl'],
        ...['docs/README.md~', 'scripts/packer/mine.pkrvars.hcl', 'scripts/packer/mine.auto.pkrvars.json'],
      ];
      for (const path of left) put(tree, path, '', 0o644);
      for (const path of ['scripts', 'scripts/packer', 'docs/iam']) chmodSync(join(tree, path), 0o755);
    },
    problems: [
      'docs/README.md~: does not belong here',
      'docs/iam/.terraform.lock.hcl: does not belong here',
      'docs/iam/terraform.tfstate: does not belong here',
      'docs/iam/terraform.tfvars: does not belong here',
      'scripts/packer/mine.auto.pkrvars.json: does not belong here',
      'scripts/packer/mine.pkrvars.hcl: does not belong here',
    ],
  },
  {
    name: 'a program that cannot be executed',
    spoil: (tree) => chmodSync(join(tree, 'bin/cs-interact'), 0o644),
    problems: ['bin/cs-interact: has mode 0644, not 0755'],
  },
  {
    name: 'a file that others may write',
    spoil: (tree) => chmodSync(join(tree, 'LICENSE'), 0o666),
    problems: ['LICENSE: has mode 0666, not 0644'],
  },
  {
    name: 'a directory that only its owner may enter',
    spoil: (tree) => chmodSync(join(tree, 'lib'), 0o700),
    problems: ['lib: has mode 0700, not 0755'],
  },
  {
    name: 'a tree that only its owner may enter',
    spoil: (tree) => chmodSync(tree, 0o744),
    problems: ['.: has mode 0744, not 0755'],
  },
  {
    name: 'setuid',
    spoil: (tree) => chmodSync(join(tree, 'runtime/node'), 0o4755),
    problems: ['runtime/node: has mode 4755, not 0755'],
  },
  {
    name: 'links, wherever they point',
    spoil: (tree) => {
      symlinkSync('../LICENSE', join(tree, 'share/licence'));
      symlinkSync('/', join(tree, 'share/root'));
    },
    problems: [
      'share/licence: is neither a file nor a directory',
      'share/root: is neither a file nor a directory',
    ],
  },
  {
    name: 'a library of the other architecture',
    spoil: (tree) => setMachine(tree, 'native/libmnl.so.0', MACHINE[OTHER]),
    problems: [`native/libmnl.so.0: is for machine ${MACHINE[OTHER]}, not ${MACHINE[ARCH]} as ${ARCH} is`],
  },
  {
    name: 'a symbol of a newer C library',
    spoil: (tree) => linkAddon(tree, { source: TOO_NEW }),
    problems: ['native/addon.node: needs GLIBC_2.36, newer than GLIBC_2.28'],
  },
  {
    name: 'a library that hosts may lack',
    spoil: (tree) => linkAddon(tree, { flags: [REAL_RPATH, '-lresolv'] }),
    problems: ['native/addon.node: needs libresolv.so.2, which hosts may lack'],
  },
  {
    name: 'an addon that is not linked to its libraries',
    spoil: (tree) => linkLibrary(tree, 'native/addon.node', [], { flags: [REAL_RPATH] }),
    problems: [
      'native/addon.node: does not need libnftnl.so.11',
      'native/addon.node: does not need libmnl.so.0',
    ],
  },
  {
    name: 'RPATH in place of RUNPATH',
    spoil: (tree) => linkAddon(tree, { flags: ['-Wl,--disable-new-dtags', REAL_RPATH] }),
    problems: ['native/addon.node: has RPATH $ORIGIN', 'native/addon.node: has RUNPATH none, not $ORIGIN'],
  },
  {
    name: 'no RUNPATH',
    spoil: (tree) => linkAddon(tree, { flags: [] }),
    problems: ['native/addon.node: has RUNPATH none, not $ORIGIN'],
  },
  {
    name: "the build's RUNPATH",
    spoil: (tree) => linkAddon(tree, { flags: ['-Wl,-rpath,$ORIGIN:/build/of/somebody'] }),
    problems: [
      'native/addon.node: has the path /build/of/somebody in it',
      'native/addon.node: has RUNPATH $ORIGIN:/build/of/somebody, not $ORIGIN',
    ],
  },
  {
    name: 'a RUNPATH where there is to be none',
    spoil: (tree) => linkRuntime(tree, [REAL_RPATH]),
    problems: ['runtime/node: has RUNPATH $ORIGIN, not none'],
  },
  {
    name: 'an executable stack',
    spoil: (tree) => linkAddon(tree, { flags: [REAL_RPATH, '-Wl,-z,execstack'] }),
    problems: ['native/addon.node: has an executable stack'],
  },
  {
    name: 'no RELRO',
    spoil: (tree) => linkAddon(tree, { flags: [REAL_RPATH, '-Wl,-z,norelro'] }),
    problems: ['native/addon.node: is not linked with -z relro -z now'],
  },
  {
    name: 'lazy binding',
    spoil: (tree) => linkRuntime(tree, ['-Wl,-z,lazy']),
    problems: ['runtime/node: is not linked with -z relro -z now'],
  },
  {
    name: 'symbols of the build',
    spoil: (tree) => linkAddon(tree, { isStripped: false }),
    problems: ['native/addon.node: is not stripped'],
  },
  {
    name: 'nothing wrong with the symbols of a runtime that is as it was published',
    spoil: (tree) => linkRuntime(tree, [], false),
    problems: [],
  },
  {
    name: 'a program without the C library',
    spoil: (tree) => linkRuntime(tree, ['-nostdlib', '-Wl,--defsym=_exit=0']),
    problems: [/^runtime\/node: cannot be judged: readelf shows no versions of needed symbols$/],
  },
  {
    name: 'half an ELF file',
    spoil: (tree) =>
      writeFileSync(
        join(tree, 'native/libmnl.so.0'),
        readFileSync(join(tree, 'native/libmnl.so.0')).subarray(0, 900),
      ),
    problems: [/^native\/libmnl\.so\.0: cannot be judged: readelf (?:fails|warns): /],
  },
  {
    name: 'a text in place of the addon',
    spoil: (tree) => put(tree, 'native/addon.node', 'placeholder\n', 0o644),
    problems: ['native/addon.node: is no ELF file'],
  },
  {
    name: 'an ELF file under an innocent name',
    spoil: (tree) => cpSync(join(tree, 'native/libmnl.so.0'), join(tree, 'share/doc.txt')),
    problems: ['share/doc.txt: is an ELF file, and none belongs here'],
  },
  {
    name: 'paths of the builder',
    spoil: (tree) => {
      put(tree, 'share/page.md', 'made in file:///home/me/work', 0o644);
      put(tree, 'lib/cs-interact.cache', Buffer.from('"/build/of/somebody/x.ts"', 'utf16le'), 0o644);
      put(tree, 'share/flags', '-I/home/me/include', 0o644);
    },
    problems: [
      'lib/cs-interact.cache: has the path /build/of/somebody in it',
      'share/flags: has the path /home/me in it',
      'share/page.md: has the path /home/me in it',
    ],
  },
  {
    name: 'nothing wrong with paths that only look alike, nor with the home of every root',
    spoil: (tree) => {
      put(
        tree,
        'share/page.md',
        '/opt/toolset-12/home/me/usr /home/menial /home/me-too /build/of/somebodyelse /root/.aws/config',
        0o644,
      );
    },
    problems: [],
  },
];

describe('checkTree', () => {
  const directory = temporaryDirectory();
  const pristine = join(directory.path, 'pristine');
  before(() => {
    mkdirSync(pristine);
    chmodSync(pristine, 0o755);
    makeReleaseTree(pristine);
  });
  after(() => directory.close());

  /** A copy of the tree that is right, to be made wrong. */
  function copied(name: string): string {
    const tree = join(directory.path, name.replaceAll(/\W/g, '-'));
    cpSync(pristine, tree, { recursive: true, mode: 0 });
    return tree;
  }

  test('a tree that is right has no problems', () => {
    assert.deepEqual(checkTree(pristine, ARCH, FORBIDDEN), []);
  });

  test('a tree of the other architecture is right only as what it is', () => {
    const tree = copied('other');
    for (const path of ELF_FILES) setMachine(tree, path, MACHINE[OTHER]);
    writeChecksums(tree);
    assert.deepEqual(checkTree(tree, OTHER, FORBIDDEN), []);
    assert.deepEqual(
      checkTree(tree, ARCH, FORBIDDEN),
      ELF_FILES.map(
        (path) => `${path}: is for machine ${MACHINE[OTHER]}, not ${MACHINE[ARCH]} as ${ARCH} is`,
      ),
    );
  });

  for (const { name, spoil, problems } of DEFECTS)
    test(name, () => {
      const tree = copied(name);
      spoil(tree);
      writeChecksums(tree);
      const found = checkTree(tree, ARCH, FORBIDDEN);
      assert.equal(found.length, problems.length, found.join('\n'));
      for (const [index, problem] of problems.entries()) {
        if (typeof problem === 'string') assert.equal(found[index], problem);
        else assert.match(found[index] as string, problem);
      }
    });

  test('checksums that do not cover the tree', () => {
    const tree = copied('sums');
    put(tree, 'LICENSE', 'another one\n', 0o644);
    put(tree, 'share/added', '', 0o644);
    rmSync(join(tree, 'share/man/man1/cs-interact.1'));
    put(tree, 'share/man/man1/cs-interact.1.gz', '', 0o644);
    assert.deepEqual(checkTree(tree, ARCH, FORBIDDEN), [
      'share/man/man1/cs-interact.1: is missing',
      'LICENSE: has another sum than SHA256SUMS says',
      'share/added: is not in SHA256SUMS',
      'share/man/man1/cs-interact.1.gz: is not in SHA256SUMS',
      'share/man/man1/cs-interact.1: is in SHA256SUMS only',
    ]);
  });

  test('checksums that are none', () => {
    const tree = copied('no sums');
    put(tree, 'SHA256SUMS', 'later\n', 0o644);
    const [first, ...others] = checkTree(tree, ARCH, FORBIDDEN);
    assert.equal(first, 'SHA256SUMS: cannot be judged: not a line of sha256sum: later');
    assert.ok(others.includes('LICENSE: is not in SHA256SUMS'));
  });

  test('fails closed without readelf, without a tree, and with a path that would be found nowhere', () => {
    const { PATH } = process.env;
    process.env.PATH = join(directory.path, 'nothing');
    try {
      assert.deepEqual(
        checkTree(pristine, ARCH, FORBIDDEN).map((problem) => problem.replace(/judged: .*/, 'judged')),
        ELF_FILES.map((path) => `${path}: cannot be judged`),
      );
    } finally {
      process.env.PATH = PATH;
    }
    assert.match(
      checkTree(join(directory.path, 'none'), ARCH, FORBIDDEN).join(),
      /^cannot be judged: ENOENT/,
    );
    for (const path of ['', '/', 'relative', '/home/'])
      assert.deepEqual(checkTree(pristine, ARCH, [path]), [`'${path}' is no path to look for`]);
  });
});

function setMachine(tree: string, path: string, machine: number): void {
  const content = readFileSync(join(tree, path));
  content.writeUInt16LE(machine, 18);
  writeFileSync(join(tree, path), content);
}
