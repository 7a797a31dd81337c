// The expected texts were printed by Python 3.11's json.dumps(value, indent=4, sort_keys=True).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type JsonValue, PythonFloat, pythonJson } from '../../../../src/interaction/contract/python-json.ts';

const document: JsonValue = {
  b: [1, -2.5, {}, [], null, true, false],
  a: {
    z: 'é',
    '\u007f': '€\u{1f600}',
    '\uffe0': 1,
    '\u{1f600}': 2,
    '': ' "\\/\b\f\n\r\t\u0001\u2028',
  },
  A: [],
};

const printed = String.raw`{
    "A": [],
    "a": {
        "": " \"\\/\b\f\n\r\t\u0001\u2028",
        "z": "\u00e9",
        "\u007f": "\u20ac\ud83d\ude00",
        "\uffe0": 1,
        "\ud83d\ude00": 2
    },
    "b": [
        1,
        -2.5,
        {},
        [],
        null,
        true,
        false
    ]
}`;

const cases: [JsonValue, string][] = [
  [document, printed],
  [{}, '{}'],
  [[], '[]'],
  [null, 'null'],
  ['\ud800', String.raw`"\ud800"`],
  [new PythonFloat(17), '17.0'],
  [
    [17, new PythonFloat(1e16), new PythonFloat(-0), 1e21],
    '[\n    17,\n    1e+16,\n    -0.0,\n    1000000000000000000000\n]',
  ],
  [[['x']], '[\n    [\n        "x"\n    ]\n]'],
];

for (const [value, text] of cases) {
  it(`prints ${JSON.stringify(value).slice(0, 30)} as Python does`, () =>
    assert.equal(pythonJson(value), text));
}
