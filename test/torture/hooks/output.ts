// Scripts that print what no log should be made of.
import { join } from 'node:path';
import { type Fault, LOUD_LOG_BYTES, type State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';

const LOUD_BYTES = 100_000_000;
/** What an agent says of itself, printed by somebody else. */
const FORGED = '{"level":"error","event":"table-removed","message":"forged"}';

function prints(command: string) {
  return (world: HookWorld, state: State) => {
    world.script(state, '10-fault', command);
    return {
      broken: () => {
        const lines = world.agent.log.of('hook-line');
        const finished = world.agent.log.of('hook-finished').findLast(({ script }) => isFault(script));
        return [
          ...(finished?.exit === 0 ? [] : ['the script was not let come to its end']),
          ...(lines.every(({ message }) =>
            /^\/[^\p{Cc}\u2028\u2029]*: [^\p{Cc}\u2028\u2029]*$/u.test(tabless(message)),
          )
            ? []
            : ['a line with a control character in it']),
        ];
      },
    };
  };
}

function isFault(script: unknown): boolean {
  return String(script).endsWith('/10-fault');
}

/** Tabs may stay. */
function tabless(message: unknown): string {
  return String(message).replaceAll('\t', ' ');
}

/** Both streams. */
const TWICE = (command: string): string => `(${command}) & (${command}) >&2; wait`;

export const OUTPUT_FAULTS: readonly Fault[] = [
  {
    name: '100 MB of output in short lines',
    inject: prints(TWICE(`yes | head -c ${LOUD_BYTES / 2}`)),
    told: [],
    logBytes: LOUD_LOG_BYTES,
  },
  {
    name: '100 MB of output in one line',
    inject: prints(`head -c ${LOUD_BYTES} /dev/zero | tr '\\0' x`),
    told: [],
    logBytes: LOUD_LOG_BYTES,
  },
  {
    name: '100 MB of empty lines',
    inject: prints(`head -c ${LOUD_BYTES} /dev/zero | tr '\\0' '\\n'`),
    told: [],
    logBytes: LOUD_LOG_BYTES,
  },
  {
    name: '100 MB of NULs',
    inject: prints(TWICE(`head -c ${LOUD_BYTES / 2} /dev/zero`)),
    told: [],
    logBytes: LOUD_LOG_BYTES,
  },
  {
    name: 'random bytes as output',
    inject: prints(TWICE('head -c 1000000 /dev/urandom')),
    told: [],
    logBytes: LOUD_LOG_BYTES,
  },
  {
    name: 'output that forges log lines and moves the cursor',
    inject: prints(
      `for i in 1 2 3; do printf '%s\\n\\r%s\\r\\n\\033[2J\\033]0;x\\007\\342\\200\\250%s\\302\\233\\n' '${FORGED}' '${FORGED}' '${FORGED}'; done`,
    ),
    told: [],
    logBytes: 16 * 1024,
  },
  {
    name: 'output without end',
    inject(world, state) {
      world.script(state, '10-fault', `yes ${join(world.evidence, 'x')}`);
      return {};
    },
    told: [/10-fault: ended after .* it ran over --hook-timeout; \d+ bytes of its output are not logged/],
    timeoutS: 3,
    logBytes: LOUD_LOG_BYTES,
  },
];
