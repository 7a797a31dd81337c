// What the recorded values of python/record.py, which documents.test.ts compares, do not have: JavaScript's own types.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PythonFloat } from '../../../../src/interaction/contract/python-json.ts';
import { PythonDate, pythonStr } from '../../../../src/interaction/contract/python-text.ts';

const date = new PythonDate('2020-01-01', 'datetime.date(2020, 1, 1)');
const texts: [unknown, string][] = [
  [12345678901234567890n, '12345678901234567890'],
  [1e21, '1000000000000000000000'],
  [-0, '0'],
  [new PythonFloat(-0), '-0.0'],
  [new PythonFloat(Infinity), 'inf'],
  [[new PythonFloat(-Infinity), new PythonFloat(Number.NaN)], '[-inf, nan]'],
  [0.1, '0.1'],
  [date, '2020-01-01'],
  [[date, { a: date }], "[datetime.date(2020, 1, 1), {'a': datetime.date(2020, 1, 1)}]"],
  [['\ud800'], String.raw`['\ud800']`],
];
for (const [value, text] of texts) it(text, () => assert.equal(pythonStr(value), text));

for (const value of [undefined, Symbol('x'), () => 1, [undefined]]) {
  it(`refuses ${typeof value}`, () => assert.throws(() => pythonStr(value), TypeError));
}
