import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { linkedLibraries, loaderOf } from './linked-libraries.ts';

/** The loader's own answers: a path each, the loader's among them. */
const LDD = [...execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(
  ([, path]) => path as string,
);
const DIRECTORIES = [...new Set(LDD.map((path) => path.slice(0, path.lastIndexOf('/'))))];

test('the libraries of the runtime that runs this are those that its loader finds', () => {
  const names = (paths: readonly string[]) =>
    new Set(paths.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  assert.deepEqual(
    [...names(linkedLibraries([process.execPath], DIRECTORIES))].sort(),
    [...names(LDD)].sort(),
  );
});

test('the loader is where the program asks for it', () => {
  assert.ok(LDD.includes(loaderOf(process.execPath)), `${LDD}`);
});

test('a library that is in none of the directories is an error that names it and who needs it', () => {
  assert.throws(() => linkedLibraries([process.execPath], ['/nowhere']), /node links to lib\S+, .*\/nowhere/);
});

test('a library is no program: it names no loader', () => {
  const library = LDD.find((path) => path.includes('libgcc_s'));
  assert.throws(() => loaderOf(library as string), /names no loader/);
});
