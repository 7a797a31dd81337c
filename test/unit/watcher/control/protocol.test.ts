// What the control socket takes as a request: hostile bodies are refused with one bounded line that says what was expected.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type LeaseRequest,
  parseLeaseRequest,
  parseReason,
  parseWait,
  ProtocolError,
} from '../../../../src/watcher/control/protocol.ts';

const OVERRIDE = { kind: 'override', verdict: 'closed', reason: 'maintenance', seconds: 60 };
const HOLDER = { pid: 508, user: 'root', terminal: 'pts/2' };
const SIMULATION = { kind: 'simulation', state: 'draining', seconds: 1 };

describe('a lease request', () => {
  const taken: readonly LeaseRequest[] = [
    OVERRIDE as LeaseRequest,
    { ...OVERRIDE, verdict: 'open', seconds: 86_400 } as LeaseRequest,
    { ...OVERRIDE, seconds: 1.5, reason: 'größer → “quoted” \u{1f6a7}' } as LeaseRequest,
    SIMULATION as LeaseRequest,
    { ...SIMULATION, state: 'a_state-2' } as LeaseRequest,
    { ...OVERRIDE, holder: HOLDER } as LeaseRequest,
    { ...SIMULATION, holder: { ...HOLDER, terminal: null } } as LeaseRequest,
  ];
  for (const request of taken) {
    test(`is taken: ${JSON.stringify(request)}`, () => {
      assert.deepEqual(parseLeaseRequest(JSON.stringify(request)), request);
    });
  }

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', '', /^the body is not JSON: ""$/],
    ['half a document', '{"kind":"override"', /^the body is not JSON/],
    ['a list', [OVERRIDE], /^the body is not a JSON object/],
    ['null', null, /^the body is not a JSON object: null$/],
    ['a string', '"override"', /^the body is not a JSON object/],
    ['deep nesting', '['.repeat(30_000), /^the body is not JSON/],
    ['no kind', {}, /^kind: expected "override" or "simulation", got nothing$/],
    ['another kind', { ...OVERRIDE, kind: 'toString' }, /^kind: expected/],
    ['a key that is not expected', { ...OVERRIDE, force: true }, /^"force" is not expected: kind, verdict/],
    ['a key of the other kind', { ...SIMULATION, reason: 'x' }, /^"reason" is not expected/],
    [
      'a prototype',
      '{"__proto__":{},"kind":"override","verdict":"open","reason":"x","seconds":1}',
      /"__proto__" is not/,
    ],
    [
      'another verdict',
      { ...OVERRIDE, verdict: 'shut' },
      /^verdict: expected "open" or "closed", got "shut"$/,
    ],
    ['no verdict', { ...OVERRIDE, verdict: undefined }, /^verdict: .* got nothing$/],
    ['a verdict that is a list', { ...OVERRIDE, verdict: ['open'] }, /^verdict: expected/],
    [
      'no time',
      { ...OVERRIDE, seconds: undefined },
      /^seconds: expected 1 to 86400 \(24 hours\), got nothing$/,
    ],
    ['time as text', { ...OVERRIDE, seconds: '60' }, /^seconds: .* got "60"$/],
    ['no whole second', { ...OVERRIDE, seconds: 0.999 }, /^seconds: .* got 0.999$/],
    ['more than a day', { ...OVERRIDE, seconds: 86_401 }, /^seconds: .* got 86401$/],
    ['negative time', { ...SIMULATION, seconds: -1 }, /^seconds: /],
    ['endless time', '{"kind":"simulation","state":"draining","seconds":1e999}', /^seconds: /],
    ['a malformed state', { ...SIMULATION, state: '../etc' }, /^state: expected a name such as draining/],
    ['no state', { ...SIMULATION, state: '' }, /^state: expected/],
    [
      'a holder that is none',
      { ...OVERRIDE, holder: null },
      /^holder: expected a pid, a user and a terminal/,
    ],
    ['a holder without a pid', { ...SIMULATION, holder: { ...HOLDER, pid: 0 } }, /^holder: expected/],
    ['a pid as text', { ...SIMULATION, holder: { ...HOLDER, pid: '1' } }, /^holder: expected/],
    ['a pid beyond any', { ...OVERRIDE, holder: { ...HOLDER, pid: 4_194_305 } }, /^holder: expected/],
    ['a user of two words', { ...OVERRIDE, holder: { ...HOLDER, user: 'a b' } }, /^holder: expected/],
    ['a user with a line end', { ...OVERRIDE, holder: { ...HOLDER, user: 'a\n' } }, /^holder: expected/],
    ['a long user', { ...OVERRIDE, holder: { ...HOLDER, user: 'a'.repeat(65) } }, /^holder: expected/],
    ['a terminal that is none', { ...OVERRIDE, holder: { pid: 1, user: 'a' } }, /^holder: expected/],
    ['more of a holder', { ...OVERRIDE, holder: { ...HOLDER, home: '/' } }, /^holder: expected/],
    ['a long state', { ...SIMULATION, state: 'a'.repeat(65) }, /^state: expected/],
    ['a state with a line end', { ...SIMULATION, state: 'draining\n' }, /^state: expected/],
  ];
  for (const [what, body, expected] of refused) {
    test(`is refused: ${what}`, () => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      assert.throws(
        () => parseLeaseRequest(text),
        (error) => {
          assert.ok(error instanceof ProtocolError, String(error));
          assert.match(error.message, expected);
          assert.ok(error.message.length < 250 && !error.message.includes('\n'), error.message);
          return true;
        },
      );
    });
  }
});

describe('a reason', () => {
  for (const reason of ['x', 'x'.repeat(200), '\u{1f6a7}'.repeat(200), 'two  words'])
    test(`is taken: ${JSON.stringify(reason.slice(0, 20))}`, () => assert.equal(parseReason(reason), reason));

  const refused: readonly unknown[] = [
    ...[
      '',
      ' ',
      '\u00a0',
      'x'.repeat(201),
      'a\nb',
      'a\rb',
      'a\tb',
      'a\0b',
      'a\x1b[31mb',
      'a\x7fb',
      'a\u0085b',
    ],
    ...['a\u2028b', 'a\u2029b', 'a\u202eb', 'a\u200bb', '\ufeffa', 'a\ud800b', 'a\ue000b'],
    ...[undefined, null, 1, {}, ['x']],
  ];
  for (const reason of refused) {
    test(`is refused: ${JSON.stringify(reason)?.slice(0, 20)}`, () => {
      assert.throws(() => parseReason(reason), {
        name: 'ProtocolError',
        message: /^reason: expected one line/,
      });
    });
  }
});

describe('a wait', () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ['', null],
    ['timeout=0', null],
    ['timeout=0.0', null],
    ['timeout=300', 300_000],
    ['timeout=0.25', 250],
    ['timeout=604800', 604_800_000],
  ];
  for (const [query, expected] of cases)
    test(`of ${query || 'no query'}`, () => assert.equal(parseWait(new URLSearchParams(query)), expected));

  for (const query of [
    'timeout=',
    'timeout=-1',
    'timeout=1e3',
    'timeout=604801',
    'timeout=0x10',
    'timeout=1s',
    'timeout=1.',
  ])
    test(`of ${query} is refused`, () => {
      assert.throws(() => parseWait(new URLSearchParams(query)), {
        name: 'ProtocolError',
        message: /^timeout: expected 0 \(without limit\) to 604800 seconds, got "/,
      });
    });
});
