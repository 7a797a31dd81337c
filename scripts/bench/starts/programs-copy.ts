// A copy of the programs that nothing else on the machine runs: whose pages are in memory, and whose they are, is then its own
// doing alone, as on an instance.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { AGENT } from '../../../test/fixtures/programs.ts';

const DIST = dirname(dirname(AGENT));
const ROOT = dirname(DIST);
const BUNDLE = 'lib/cs-instance-watcher.cjs';
const TARBALL = join(ROOT, `build/package/${manifest.name}-${manifest.version}-linux-${process.arch}.tar.xz`);

export class ProgramsCopy {
  /** The agent's launcher. */
  readonly agent: string;
  /** Of the tarball; null for a copy of dist/. */
  readonly tarballBytes: number | null;
  readonly #directory: string;

  private constructor(directory: string, tree: string, tarballBytes: number | null) {
    this.#directory = directory;
    this.agent = join(tree, 'bin/cs-instance-watcher');
    this.tarballBytes = tarballBytes;
  }

  /** Of what was built. */
  static ofBuild(): ProgramsCopy {
    const directory = mkdtempSync(join(tmpdir(), 'cs-bench-'));
    execFileSync('cp', ['-a', DIST, join(directory, 'dist')]);
    // Until they are on the disk, the pages of a new file count as written by whoever maps them.
    execFileSync('sync', ['-f', directory]);
    return new ProgramsCopy(directory, join(directory, 'dist'), null);
  }

  /** What `scripts/package` made, where that is of the same build; else as `ofBuild`. */
  static ofPackage(): ProgramsCopy {
    if (!existsSync(TARBALL)) return ProgramsCopy.ofBuild();
    const directory = mkdtempSync(join(tmpdir(), 'cs-bench-'));
    execFileSync('tar', ['-xJf', TARBALL, '-C', directory]);
    execFileSync('sync', ['-f', directory]);
    const tree = join(directory, readdirSync(directory)[0]!);
    const isOfBuild = readFileSync(join(tree, BUNDLE)).equals(readFileSync(join(DIST, BUNDLE)));
    if (isOfBuild) return new ProgramsCopy(directory, tree, statSync(TARBALL).size);
    rmSync(directory, { recursive: true });
    return ProgramsCopy.ofBuild();
  }

  bytes(): number {
    return Number(execFileSync('du', ['-sb', this.#directory], { encoding: 'utf8' }).split('\t')[0]);
  }

  /** Asks the kernel to forget the files' pages, as they are at the first start after a boot. None of it may be running. */
  evict(): void {
    execFileSync('sync', ['-f', this.#directory]);
    const forget = ['dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none'];
    execFileSync('find', [this.#directory, '-type', 'f', '-exec', ...forget, ';']);
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
