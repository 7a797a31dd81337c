// Spellings of a path, and parameters, that a rule for the path must not be fooled by; and names that a language has for itself.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTERACT } from '../../fixtures/programs.ts';
import { attack, type Attack, type ServerRow } from './attack.ts';
import { KEYS, type TortureKey } from './keys.ts';
import { exchange } from './raw-exchange.ts';
import { adminSocket } from './server-process.ts';
import { render, signed, type SigningOptions } from './signing.ts';
import { ask } from './steady-client.ts';

const SECRET = 'only-for-the-operator';
const NAME = 'app.disable';

interface Answered {
  readonly status: number;
  readonly body: string;
}

/** Signed for exactly what is sent. */
async function send(port: number, key: TortureKey, options: SigningOptions): Promise<Answered> {
  const request = signed(key, { ...options, headers: [...(options.headers ?? []), ['Connection', 'close']] });
  const { statuses, text } = await exchange(port, [render(request)]);
  return { status: statuses[0] ?? 0, body: text.slice(text.indexOf('\r\n\r\n') + 4) };
}

/** Of the path of a configuration key: every way that a parser somewhere has read as the same. */
function spellings(path: string): string[] {
  const [first = '', second = ''] = path.split('/');
  const each = [...path].map((character, at) => {
    const hex = character.charCodeAt(0).toString(16);
    return [hex, hex.toUpperCase()].map((code) => `${path.slice(0, at)}%${code}${path.slice(at + 1)}`);
  });
  const separators = [
    '//',
    '/./',
    '/x/../',
    '%2f',
    '%2F',
    '%252f',
    '%5c',
    '\\',
    '/%2e/',
    '/x/%2e%2e/',
    '/;/',
    ';/',
    '%c0%af',
    '%e0%80%af',
    '%u002f',
    '/.%2f',
    '/%20/',
    '%00/',
    '/%00',
  ];
  const around = [
    '/',
    '//',
    './',
    '../v1/',
    'x/../',
    '/..//v1/',
    '%2e/',
    '%2e%2e/v1/',
    '..;/',
    'x/%2e%2e/',
    '%00',
    '%20',
    '%09',
  ];
  const behind = [
    '/',
    '//',
    '/.',
    '/x/..',
    '/%2e',
    '/x/%2e%2e',
    '%00',
    '%20',
    '%0a',
    '%0d%0a',
    ';a=b',
    '?',
    '%3f',
    '%23',
    '.json',
    '/',
    '%c0%80',
    '%ff',
    '%ef%bc%8f',
  ];
  const wide = [...path].map((character) => {
    const code = character.charCodeAt(0);
    return code > 0x20 && code < 0x7f ? encodeURIComponent(String.fromCharCode(code + 0xfee0)) : character;
  });
  return [
    path,
    path.toUpperCase(),
    ...each.flat(),
    each.map(([one]) => one).join(''),
    [...path].map((character) => `%${character.charCodeAt(0).toString(16)}`).join(''),
    [...path].map((character) => `%25${character.charCodeAt(0).toString(16)}`).join(''),
    [...path].map((character) => `%c1%${(0x80 + (character.charCodeAt(0) & 0x3f)).toString(16)}`).join(''),
    wide.join(''),
    ...separators.map((separator) => `${first}${separator}${second}`),
    ...around.map((prefix) => `${prefix}${path}`),
    ...behind.map((suffix) => `${path}${suffix}`),
    path.replace('i', 'ı'.split('').map(encodeURIComponent).join('')),
    path.replace('i', encodeURIComponent('İ')),
  ];
}

const aroundRules: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  let tries = 0;
  const path = `configuration/${NAME}`;
  await ask(server.port, 'POST', `/${path}`, { body: SECRET });
  for (let round = 0; round < times; round += 1) {
    for (const spelling of ['', ...spellings(path), ...spellings('configuration?raw=true')]) {
      for (const stage of ['/v1/', '//v1//', '/V1/', '/x/../v1/', '/%76%31/']) {
        const target = `${stage}${spelling}`;
        for (const key of [KEYS.kept, KEYS.reader]) {
          tries += 2;
          const read = await send(server.port, key, { target });
          if (read.body.includes(SECRET)) broken.push(`${target} shows the value to ${key.accessKeyId}`);
          const write = await send(server.port, key, {
            method: 'POST',
            target,
            body: `{"${NAME}": "changed"}`,
          });
          for (const { status } of [read, write]) {
            if (status >= 500 || status === 0) broken.push(`${target} is answered ${status}`);
          }
        }
      }
    }
    const { body } = await ask(server.port, 'GET', `/${path}`);
    if (body !== SECRET) broken.push(`a key that may not has changed the value to ${body}`);
  }
  return { tries, broken, recoveryMs: null };
};

/** Members of the event that the running system lets a query replace, and others that are alike. */
const OVERRIDING = [
  `path=/configuration/${NAME}`,
  `path=configuration`,
  `OpType=configuration`,
  `OpType=configuration/${NAME}`,
  `resource=/configuration`,
  'httpMethod=POST',
  'method=POST',
  '_method=POST',
  'X-HTTP-Method-Override=POST',
  'body=changed',
  'requestContext=x',
  'isBase64Encoded=true',
  `queryStringParameters=path`,
  '__proto__=x',
  'constructor=x',
];

const overriding: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  let tries = 0;
  await ask(server.port, 'POST', `/configuration/${NAME}`, { body: SECRET });
  const plain = await send(server.port, KEYS.reader, { target: '/v1/fleet/status' });
  const pairs = OVERRIDING.flatMap((one) => [one, ...OVERRIDING.map((other) => `${one}&${other}`)]);
  for (let round = 0; round < times; round += 1) {
    for (const query of pairs) {
      tries += 1;
      const answer = await send(server.port, KEYS.reader, { target: `/v1/fleet/status?${query}` });
      if (answer.status !== 200 || answer.body !== plain.body) {
        broken.push(`?${query}: answered ${answer.status} ${answer.body.slice(0, 100)}`);
      }
    }
    for (const header of [
      'X-HTTP-Method-Override',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Prefix',
    ]) {
      tries += 1;
      const value = header.includes('Method') ? 'POST' : `/v1/configuration/${NAME}`;
      const answer = await send(server.port, KEYS.reader, {
        target: '/v1/fleet/status',
        headers: [[header, value]],
      });
      if (answer.body !== plain.body) broken.push(`${header}: answered ${answer.status}`);
    }
    const { body } = await ask(server.port, 'GET', `/configuration/${NAME}`);
    if (body !== SECRET) broken.push(`a reader has changed the value to ${body}`);
  }
  return { tries, broken, recoveryMs: null };
};

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  '__defineGetter__',
];

/** Keys of these names are keys like any other, and nothing else changes. */
const namesOfTheLanguage: Attack = async ({ server, directory }, times) => {
  const broken: string[] = [];
  const expect = (what: string, isSo: boolean, found: unknown) => {
    if (!isSo) broken.push(`${what}: ${JSON.stringify(found).slice(0, 200)}`);
  };
  let tries = 0;
  const listing = await ask(server.port, 'GET', '/');
  const stranger = await ask(server.port, 'GET', '/metadata?instanceid=i-0ff');
  for (let round = 0; round < times; round += 1) {
    for (const name of NAMES) {
      tries += 1;
      const value = `value-${round}`;
      const documents = {
        json: `{"${name}": "${value}", "[set]a": {"${name}": "${value}"}}`,
        yaml: `${name}: ${value}\nset:\n  ${name}: ${value}\n`,
      };
      for (const [format, body] of Object.entries(documents)) {
        const answer = await ask(server.port, 'POST', `/configuration?format=${format}`, { body });
        expect(`${name} in ${format}`, answer.status === 200, answer);
      }
      const line = await ask(server.port, 'POST', `/scheduler/${name}`, { body: value });
      expect(`${name} by itself`, line.status === 200, line);
      const raw = await ask(server.port, 'GET', '/configuration?raw=true');
      const found = JSON.parse(raw.body) as Record<string, Record<string, string>>;
      expect(
        `${name} in the dump`,
        Object.hasOwn(found, name) && String(Object.getOwnPropertyDescriptor(found, name)?.value) === value,
        found,
      );
      expect(`${name} in a set`, Object.hasOwn(found.set ?? {}, name), found);
      const metadata = await ask(server.port, 'GET', `/metadata?instanceid=${name}`);
      expect(`an instance ${name}`, metadata.body === stranger.body, metadata);
      const file = join(directory, 'import.json');
      writeFileSync(file, `{"${name}": {"a": "b"}, "configuration": {"${name}": "${value}"}}`);
      const imported = await interact(['import', file, '--admin-socket', adminSocket(directory)]);
      expect(`${name} imported`, imported.status === 1 && isOneLine(imported.stderr), imported);
    }
    const after = await ask(server.port, 'GET', '/');
    expect('the listing', after.body === listing.body, after);
  }
  return { tries, broken, recoveryMs: null };
};

export interface Outcome {
  readonly status: number;
  readonly stderr: string;
}

/** A command of operators on the server's host. */
export function interact(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(INTERACT, args, { env: { PATH: process.env.PATH }, timeout: 60_000 }, (error, _stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stderr }),
    );
  });
}

/** Said by the program itself, once. */
export function isOneLine(stderr: string): boolean {
  return /^cs-interact: [^\n]+\n$/.test(stderr);
}

export const PATH_ROWS: readonly ServerRow[] = [
  attack('paths spelled around a rule', 1, aroundRules),
  attack('query parameters in place of path and method', 2, overriding),
  attack('keys named __proto__, constructor', 3, namesOfTheLanguage),
];
