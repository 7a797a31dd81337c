// The RPM package, of either architecture on a machine of any. The same inputs give the same bytes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCH_NAMES } from '../arch.ts';
import { entriesOf } from '../gates/entries.ts';
import { CONFIGURATION, makeInstalledRoot, setTimes } from './installed-root.ts';
import { type MaintainerScript, maintainerScript } from './maintainer-scripts.ts';
import {
  DESCRIPTION,
  GLIBC_FLOOR,
  LIBSTDCXX_FLOOR,
  PACKAGE,
  type PackageInputs,
  packageVersion,
  SUMMARY,
} from './package-inputs.ts';

const UNIT_DIRECTORY = 'usr/lib/systemd/system';
const RELEASE = '1';

/** Those that are the package's own; every other one belongs to the system. */
const OWN_DIRECTORIES = [`etc/${PACKAGE}.d`, `usr/lib/${PACKAGE}`, `usr/share/doc/${PACKAGE}`];

/** Makes it and returns its path. Needs rpmbuild. Throws when that fails. */
export function makeRpm(inputs: PackageInputs): string {
  const { arch, version, epochSeconds, outDir } = inputs;
  const { rpm } = ARCH_NAMES[arch];
  mkdirSync(outDir, { recursive: true });
  const work = mkdtempSync(join(outDir, '.rpm-'));
  try {
    const root = join(work, 'root');
    makeInstalledRoot(inputs, root, UNIT_DIRECTORY);
    setTimes(root, epochSeconds);
    const spec = join(work, `${PACKAGE}.spec`);
    writeFileSync(spec, specOf(inputs, root));
    execFileSync('rpmbuild', ['-bb', '--quiet', ...targetOptions(work, rpm), spec], {
      env: { ...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: String(epochSeconds) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const name = `${PACKAGE}-${packageVersion(version)}-${RELEASE}.${rpm}.rpm`;
    renameSync(join(work, 'out', name), join(outDir, name));
    return join(outDir, name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whatever the building system's own macros say, so that it leaves no trace. */
function targetOptions(work: string, rpmArch: string): string[] {
  const macros: Readonly<Record<string, string>> = {
    _topdir: join(work, 'build'),
    _rpmdir: join(work, 'out'),
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    // Two threads always: one compresses to other bytes than several do. Amazon Linux 2 and RHEL 8 read xz.
    _binary_payload: 'w6T2.xzdio',
    _binary_filedigest_algorithm: '8',
    // Files are packed as they are: neither stripped, nor compressed, nor searched for what they need.
    __os_install_post: '%{nil}',
    _build_id_links: 'none',
    debug_package: '%{nil}',
    vendor: '%{nil}',
    packager: '%{nil}',
    distribution: '%{nil}',
  };
  const defined = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  return ['--target', `${rpmArch}-linux`, ...defined];
}

function specOf({ version }: PackageInputs, root: string): string {
  return `Name: ${PACKAGE}
Version: ${packageVersion(version)}
Release: ${RELEASE}
Summary: ${SUMMARY.charAt(0).toUpperCase()}${SUMMARY.slice(1)}
License: GPL-3.0-or-later
AutoReqProv: no
Requires: glibc >= ${GLIBC_FLOOR}
Requires: libstdc++ >= ${LIBSTDCXX_FLOOR}
Requires: systemd
Requires(post): systemd
Requires(preun): systemd

%description
${DESCRIPTION.join('\n')}

%install
cp --archive --reflink=auto ${literal(root)}/. %{buildroot}

${scriptlet('post')}
${scriptlet('posttrans')}
${scriptlet('preun')}
${scriptlet('postun')}
%files
%defattr(-,root,root,-)
${fileList(root).join('\n')}
`;
}

function scriptlet(name: 'post' | 'posttrans' | 'preun' | 'postun'): string {
  const script: MaintainerScript = `rpm-${name}`;
  return `%${name}\n${literal(maintainerScript(script).replace(/^#!.*\n/, ''))}`;
}

function fileList(root: string): string[] {
  return entriesOf(root).flatMap(({ path, kind }) => {
    const installed = `"/${literal(path)}"`;
    if (kind !== 'directory')
      return `/${path}` === CONFIGURATION ? [`%config(noreplace) ${installed}`] : [installed];
    const isOwn = OWN_DIRECTORIES.some((own) => path === own || path.startsWith(`${own}/`));
    return isOwn ? [`%dir ${installed}`] : [];
  });
}

/** Without macros. */
function literal(text: string): string {
  return text.replaceAll('%', '%%');
}
