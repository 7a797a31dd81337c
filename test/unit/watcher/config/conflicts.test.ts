// Options that contradict each other are one line at start, and a reload that brings them changes nothing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAgentLine } from '../../../../src/commands/watcher/program.ts';
import { ConfigError } from '../../../../src/watcher/config/agent-config.ts';
import { formatListenAddress, parseListenAddress } from '../../../../src/watcher/config/listen-address.ts';
import { resolveConfig } from '../../../../src/watcher/config/resolve.ts';

const PORTS = '--on-draining-block-new-connections-to-ports 80 8000-8100';

function resolve(line: string) {
  const parsed = parseAgentLine(line.split(' '), '1');
  assert.ok(parsed.kind === 'run');
  return resolveConfig({ given: parsed.given, env: {}, cwd: '/' });
}

describe('options that contradict each other', () => {
  const refused: [string, RegExp][] = [
    [
      `${PORTS} --health-listen 80`,
      /^--health-listen \[::\]:80: port 80 is among the ports that a drain refuses/,
    ],
    [
      `${PORTS} --agent-check-listen 127.0.0.1:8050`,
      /^--agent-check-listen 127\.0\.0\.1:8050: port 8050 is among/,
    ],
    [`${PORTS} --metrics-listen [::1]:8100`, /^--metrics-listen \[::1\]:8100: port 8100 is among/],
    ['--health-listen 9000 --metrics-listen 9000', /--health-listen listens there too/],
    ['--on-drain-timeout close', /never comes without --drain-timeout/],
    ['--drain-timeout 5 --refuse-delay 5', /would be over before --refuse-delay 5/],
  ];
  for (const [line, message] of refused) {
    test(line, () => {
      assert.throws(
        () => resolve(line),
        (error) =>
          error instanceof ConfigError && error.code === 'configuration' && message.test(error.message),
      );
    });
  }

  for (const line of [
    `${PORTS} --health-listen 81 --agent-check-listen 7999 --metrics-listen 8101`,
    '--health-listen 127.0.0.1:9000 --metrics-listen 9000',
    '--on-drain-timeout close --drain-timeout 5 --refuse-delay 4',
  ]) {
    test(`${line} can be followed`, () => assert.ok(resolve(line)));
  }
});

describe('an address to listen on', () => {
  for (const [text, written] of [
    ['8080', '[::]:8080'],
    ['*:8080', '[::]:8080'],
    [':8080', '[::]:8080'],
    ['localhost:8080', '127.0.0.1:8080'],
    ['127.0.0.1:1', '127.0.0.1:1'],
    ['[fd00::1]:65535', '[fd00::1]:65535'],
  ] as const) {
    test(text, () => assert.equal(formatListenAddress(parseListenAddress(text)), written));
  }
  for (const text of [
    '',
    '0',
    '65536',
    'example.org:80',
    '::1:80',
    '127.0.0.1',
    '1.2.3:80',
    '[127.0.0.1]:80',
    '80 ',
    '-1',
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.throws(() => parseListenAddress(text), RangeError));
  }
});
