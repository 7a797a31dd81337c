// Debian's packages as files: fetched with apt from this machine's sources, unpacked, never installed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's own keys, of its package debian-archive-keyring. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** apt with this machine's sources, but as on an empty machine of one architecture: changes nothing, needs no root. */
export class DebianArchive {
  readonly #archives: string;
  readonly #options: readonly string[];

  /**
   * @param directory absolute and of its own: apt takes a relative path for one below /
   * @param suite that one's main part alone, from where this machine has Debian's, signed by Debian
   * @throws Error when apt cannot read the lists, or they are not signed
   */
  constructor(directory: string, architecture: string, suite?: string) {
    this.#archives = join(directory, 'archives');
    for (const room of ['lists/partial', 'archives/partial']) {
      mkdirSync(join(directory, room), { recursive: true });
    }
    const options = [
      ...[`Dir::State=${directory}`, 'Dir::State::status=/dev/null', `Dir::Cache=${directory}`],
      ...[`APT::Architecture=${architecture}`, `APT::Architectures=${architecture}`],
      ...['APT::Sandbox::User=', 'APT::Install-Recommends=false', 'Debug::NoLocking=true'],
      // Whatever this machine's administrator allows: what is fetched here goes into releases.
      ...['Acquire::AllowInsecureRepositories=false', 'Acquire::AllowWeakRepositories=false'],
      'APT::Get::AllowUnauthenticated=false',
    ];
    if (suite !== undefined) {
      const list = join(directory, 'sources.list');
      writeFileSync(list, sourceLine(suite));
      options.push(`Dir::Etc::sourcelist=${list}`, 'Dir::Etc::sourceparts=/dev/null');
      // Otherwise a list that could not be fetched is a warning.
      options.push('APT::Update::Error-Mode=any');
    }
    this.#options = options.flatMap((option) => ['-o', option]);
    this.#run('apt-get', 'update', '-qq');
  }

  show(name: string): string {
    return this.#run('apt-cache', 'show', '--no-all-versions', name);
  }

  /** Each a name, or NAME=VERSION. */
  fetch(...names: readonly string[]): void {
    this.#run('apt-get', 'download', '-qq', ...names);
  }

  fetchWithDependencies(names: readonly string[]): void {
    this.#run('apt-get', 'install', '-qq', '--yes', '--download-only', ...names);
  }

  /** Unpacks all that was fetched into `directory`; the answer is each package's version, by its name. */
  unpackInto(directory: string): Readonly<Record<string, string>> {
    const archives = readdirSync(this.#archives).filter((name) => name.endsWith('.deb'));
    return Object.fromEntries(
      archives.map((archive) => {
        const file = join(this.#archives, archive);
        execFileSync('dpkg-deb', ['--extract', file, directory]);
        // Name and version with a tab between them, and nothing more.
        const shown = execFileSync('dpkg-deb', ['--show', file], { encoding: 'utf8' });
        return shown.trim().split('\t') as [string, string];
      }),
    );
  }

  #run(program: string, ...args: readonly string[]): string {
    return execFileSync(program, [...args, ...this.#options], {
      cwd: this.#archives,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** For the main part of `suite`, from where this machine has Debian 12's. */
function sourceLine(suite: string): string {
  const format = '$(CODENAME) $(REPO_URI)';
  const told = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  const place = /^bookworm (\S+)$/m.exec(told)?.[1];
  if (place === undefined) throw new Error('apt has no source of Debian 12 (bookworm): this needs one');
  return `deb [signed-by=${KEYRING}] ${place} ${suite} main\n`;
}
