// Other managers of packet filters, for real: they load their own rules over and over while a drain goes on.
import { Firewalld } from '../../e2e/packets/firewalld.ts';
import { SERVED } from '../../e2e/packets/network.ts';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import type { FaultRow, Try } from './fault-row.ts';
import { drainUnspoiled, run, tryBeside } from './others.ts';
import { type Backend, Ufw } from './ufw.ts';

const TIMES = 3;
const PROMISE = 'nobody notices: all ports closed throughout, no connection touched';

const FIREWALLD: FaultRow = {
  name: 'firewalld started and reloaded',
  promise: PROMISE,
  prepare: drainUnspoiled,
  async inject(world, at, expected) {
    if (at > 1) return [];
    const directory = temporaryDirectory();
    let firewalld: Firewalld | null = null;
    const start = async () => {
      firewalld = await Firewalld.start(world.network.host.namespace, directory.path);
      return [];
    };
    const reload = async () => {
      await firewalld!.reload();
      return [];
    };
    try {
      const tries: Try[] = [await tryBeside(world, start, expected)];
      for (let i = 0; i < TIMES; i++) tries.push(await tryBeside(world, reload, expected));
      return tries;
    } finally {
      await (firewalld as Firewalld | null)?.close();
      directory.close();
    }
  },
};

/** Everything that is served may be reached, but for the drain. */
const ALLOWED = `${SERVED.other},${SERVED.web},${SERVED.tls},${SERVED.rangeFirst}:${SERVED.rangeLast}`;
/** In turn, and whether its rules are loaded then. */
const UFW_COMMANDS: readonly { readonly command: readonly string[]; readonly isEnabled: boolean }[] = [
  { command: ['allow', `${ALLOWED}/tcp`], isEnabled: false },
  { command: ['--force', 'enable'], isEnabled: true },
  { command: ['reload'], isEnabled: true },
  { command: ['allow', '9999/tcp'], isEnabled: true },
  { command: ['reload'], isEnabled: true },
  { command: ['disable'], isEnabled: false },
];

function ufwRow(backend: Backend): FaultRow {
  return {
    name: `ufw enabled, reloaded and disabled, over iptables-${backend}`,
    promise: PROMISE,
    prepare: drainUnspoiled,
    async inject(world, at, expected) {
      if (at > 1) return [];
      const directory = temporaryDirectory();
      try {
        const ufw = new Ufw(directory.path, backend);
        const tries: Try[] = [];
        for (const { command, isEnabled } of UFW_COMMANDS) {
          const one = await tryBeside(world, async () => [await ufw.run(world, ...command)], expected);
          const hasRules = (await world.network.host.namespace.run(`iptables-${backend}-save`, [])).includes(
            '-A ufw-user-input',
          );
          // Otherwise nothing was tried.
          const broken = hasRules === isEnabled ? [] : [`ufw has ${hasRules ? '' : 'no '}rules`];
          tries.push({ ...one, call: `ufw ${command.join(' ')}`, broken: [...one.broken, ...broken] });
        }
        return tries;
      } finally {
        directory.close();
      }
    },
  };
}

const SAVED = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp --dport ${SERVED.other} -j ACCEPT
COMMIT
`;
const RESTORE_PROGRAMS = (['nft', 'legacy'] as const).flatMap((backend) => [
  `iptables-${backend}-restore`,
  `ip6tables-${backend}-restore`,
]);

const IPTABLES_RESTORE: FaultRow = {
  name: 'iptables-restore and ip6tables-restore, nft and legacy',
  promise: PROMISE,
  prepare: drainUnspoiled,
  async inject(world, at, expected) {
    if (at > TIMES) return [];
    const restore = () => Promise.all(RESTORE_PROGRAMS.map((program) => run(world, program, [], SAVED)));
    return [await tryBeside(world, restore, expected)];
  },
};

export const RELOAD_ROWS: readonly FaultRow[] = [
  FIREWALLD,
  ufwRow('nft'),
  ufwRow('legacy'),
  IPTABLES_RESTORE,
];
