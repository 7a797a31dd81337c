#!/usr/bin/env python3
"""Records what Python's json and PyYAML make of the values and texts below, for the tests beside this folder.

Run with a Python that has PyYAML (Debian's python3-yaml) and no arguments; writes recorded.json beside itself. The
outcome depends on nothing else, so running it again changes nothing.
"""
import json
import pathlib
import random
import sys

import yaml

SCALARS = [
    # Taken for something else without quotes.
    "", "yes", "Yes", "YES", "yEs", "no", "on", "off", "y", "n", "Y", "true", "True", "TRUE", "false", "null", "Null",
    "~", "none", "None", "0", "1", "-1", "+1", "1.0", "1.", ".5", "-.5", "1e3", "1e+3", "1.0e3", "1.0e+3", "0x10", "0xg",
    "0o10", "010", "08", "0b11", "1_000", "1:30", "1:30.5", "1:60", "190:20:30", ".inf", "-.inf", ".nan", "inf", "nan",
    "2020-01-01", "2020-1-1", "2020-01-01 10:00:00", "2020-11-17 10:50:59.462776+00:00", "2001-12-14t21:59:43.10-05:00",
    "=", "<<", "!", "&", "*",
    # Indicators.
    "-", "- x", "-x", "--", "---", "--- x", "...", "....", "?", "? x", "?x", ":", ": x", ":x", "x:", "x: y", "x:y", "a:b:c",
    "#", "# x", "#x", "x #", "x # y", "x#y", ",", "a,b", "[", "[a]", "a[b]", "{", "{a}", "a{b}", "&a", "*a", "!a", "!!str a",
    "|", "|a", ">", ">a", "'", "'a'", "it's", "a''b", '"', '"a"', 'say "hi"', "%", "%a", "a%b", "@", "@a", "`", "`a`", "a`b",
    "cron(0 12 * * ? *),ec2.schedule.min_instance_count=3,override:app.disable=1", "rate(5 minutes),a=b\\\\,c",
    "internal:predefined.config.yaml", "s3://bucket/key.yaml;https://example.com/a?b=c#d", "Built-in defaults",
    "DynamoDB configuration table 'CloneSquad-test-Configuration'", "[WARNING] Unknown key 'x'!", "arn:aws:s3:::a/*",
    # Blanks and line breaks.
    " ", "  ", " a", "a ", " a ", "a  b", "a\tb", "\t", "\ta", "a\t", "\n", "\n\n", "a\n", "\na", "a\nb", "a\n\nb", "a\n\n\nb",
    "a \nb", "a\n b", " \n ", "a\r\nb", "a\r", "a\nb:\n- c", "a\n'b'\nc", "x\n" * 5,
    # Beyond ASCII, and controls.
    "\u00e9", "caf\u00e9 cr\u00e8me", "\u20ac", "\u65e5\u672c\u8a9e", "\U0001f600", "a\U0001f600b", "\ufeff", "\ufffe", "\ud800", "\x00", "\x07\x08\x0b\x0c\x1b",
    "\x7f", "\x80", "\x85", "a\x85b", "\xa0", "\xad", "\u2028", "\u2029", "a\u2028b", "\u200b", "\ue000", "\U000e0001", "\\", "a\\b", "\\n", "\u0378",
    # Folding.
    "word " * 30 + "end", "word  " * 30 + "end", "x" * 200, "x" * 79 + " y", "x" * 80 + " y", "x" * 81 + " y", "x" * 82 + " y z",
    "- " + "word " * 30 + "end", "word " * 30, " " + "word " * 30 + "end", "it's " * 30 + "end", "a: b " * 30 + "end",
    "\u00e9 " * 60 + "end", "\u00e9" * 60, "word\t" * 40 + "end", "\\ " * 60 + "end", '"' * 100 + "end", "tab\t" + "word " * 40 + "end",
    "tab\t" + "x" * 200 + " y", "tab\t" + "word  " * 30 + "end", "\U0001f600 " * 40 + "end", "line\n" * 3 + "word " * 30 + "end",
    "'" + "word " * 30 + "'", "#" + "word " * 30 + "  x", "k" * 121, "k" * 122, "k" * 123, "k" * 128, "\U0001f600" * 122, "\U0001f600" * 123,
]

VALUES = [
    True, False, None, 0, 1, -1, 17, 2**31, 2**53 - 1, 17.0, -2.5, 0.1, -0.0, 0.0, 1e15, 1e16, 1.5e16, 1e17, 123456789012345680.0, 1e22, 1e300, 5e-324,
    0.0001, 0.00001, 1.5e-7, 1e-7, 100.0, 1234.5678, 0.1 + 0.2, 1 / 3,
    {}, [], [[]], [{}], {"a": {}}, {"a": []}, [[], [], {}],
    [1, [2, [3, [4]]], 5], [["a", "b"], ["c"]], [[["x"]]], {"a": {"b": {"c": {"d": 1}}}}, {"a": [1, 2, {"b": [3]}]},
    [{"a": 1, "b": 2}, {"c": [1, {"d": 2}]}], {"9": 6, "10": 5, "b": 1, "a": 2, "A": 3, "_": 4}, {"\uffe0": 1, "\U0001f600": 2},
    {"a": "line\nline", "b": ["line\nline", "word " * 30 + "end"], "c": {"d": "word " * 30 + "end"}},
    {"set": {"key": "value", "other": "1"}, "app.disable": "0", "app.run_period": "20"},
    [{"k" * 130: 1}], {"k" * 130: {"a": 1}}, {"k" * 130: [1, 2]}, {"": {"": {"": []}}}, {"a\nb": [{"c\nd": {"e\nf": "g\nh"}}]},
    {"word " * 20 + "end": 1}, {"word " * 30 + "end": ["word " * 30 + "end"]},
    {"a": True, "b": None, "c": 1.0, "d": [False, None, 1e20]}, [True, None, "yes", "None", "it's", 'a"b', "it's \"b\"", "a\nb", "\u00e9\x7f\u2028\xa0"],
]

TEXTS = [
    "", " ", "# only a comment", "a", "- a", "[]", "{}", "null", "a: 1", "a: 1\n", "---\na: 1\n", "---\na: 1\n...\n", "%YAML 1.1\n---\na: yes\n", "%YAML 1.2\n---\na: yes\n",
    "a: 1\n---\nb: 2\n", "a: 1\na: 2\n", "a: 1\nb: 3\na: null\n", '{"a": 1, "a": 2}', '{"a": [1, 2.0, null, true, "x"]}',
    "a: {b: 1, c: 'x'}", "a:\n  b: 1\n  c: [1, 2]\n", "a:\n- 1\n- b: 2\n  c: 3\n- - 4\n  - 5\n", "a: |\n  line\n  line\nb: >\n  word\n  word\n\n  next\n",
    "a: |-\n  x\n", "a: |+\n  x\n\nb: 1\n", "a: word\n  word\n", "a: 'it''s'", 'a: "\\u00e9\\n\\x41\\U0001f600\\/"', "a: caf\u00e9 \U0001f600", "a: b # comment", "a: b#c", "a: 'x': y", "a: x: y",
    "a:b", "a :b", "a : b", "{a:1}", "{a: 1, b}", "{a: 1,}", "[a, b", "a: [", "a: }", "a: @b", "a: `b", "a: %b", "a: *x", "a: &x 1\nb: *x\n", "a: &x {k: 1}\nb: *x\n", "a: &x [*x]",
    "b: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3\n", "a:\n  <<: [{x: 1, z: 0}, {x: 2, y: 2}]\n  z: 3\n", "a:\n  z: 3\n  <<: {z: 1, y: 2}\n", "a: {<<: 1}", "<<: {a: 1}\nb: 2\n", "a: <<",
    "a: !!str 123", "a: !!str yes", "a: !!int '12'", "a: !!float '1.5'", "a: !!bool 'yes'", "a: !!null ''", "a: !x y", "a: !!python/name:os.system x", "a: !!python/object/apply:os.getcwd []",
    "1: x", "true: x", "null: x", "1.5: x", "2020-01-01: x", "a: {1: x}", "a: {yes: x}", "a: {1.0: x}", "a: {~: x}", "a: {2020-01-01: x}", "? a\n: b\n", "? [a]\n: b\n", "? {a: 1}\n: b\n", "'1': x", '"yes": x',
    "a:\tb", "a: b\tc", "\ta: b", "a: 1\n b: 2\n", "a:\n\tb: 1\n", "a: 'unclosed", 'a: "bad \\q"', "a: \x07", "\ufeffa: 1", "a: -", "a: - b", "a: ?", "a: ? b", "a: -1", "a: --1",
    "a: [yes, No, ON, off, y, n]", "a: 1\r\nb: 2\r\n", "a: ''", 'a: ""', "a:", "a:\nb:\n", "__proto__: 1\nconstructor: 2\n", "a: [1, [2, [3]]]", "a: !!binary aGk=", "a: !!set {x}", "a: !!omap [x: 1]",
    "a: '1'\nb: \"1\"\nc: 1\n", "a:\n  - x\n  -\n  - y\n", "a: 12e03\nb: 1.2e+3\nc: 1.2e3\n",
    "a: 2020-02-30", "a: 2020-13-01", "a: 0000-01-01", "a: 0099-01-01", "a: 2020-01-01 24:00:00", "a: 2020-01-01 10:00:60", "a: 2020-01-01 10:00:00 +24:00",
    "a: [2020-01-01, 2020-01-01T10:00:00Z, 2020-01-01 10:00:00, 2020-01-01 10:00:01, 2020-01-01 1:00:00.5 +2, 2020-01-01 10:00:00.1234567-05:30, 2020-1-1 1:00:00 -0]",
    "a: [2001-12-14t21:59:43.10-05:00, 2001-12-15 2:59:43.10, 2020-01-01 10:00:00 Z, 2020-01-01 10:00:00. +00:00]",
    "a: 0x_", "a: 0b_", "a: 0_", "a: 0_7", "a: 12345678901234567890", "a: -12345678901234567890123", "a: 1_0.5_0", "a: 9007199254740993", "a: 1:2:3:4", "a: 1:08", "a: -1:30", "a: -1:30.25", "a: 1e400", "a: 1.0e+400",
    "a: [" + ", ".join(["1"] * 200) + "]", "a: " + "[" * 20 + "]" * 20,
]


def random_strings(count):
    """Strings of what matters to a YAML printer, the same ones every time."""
    pick = random.Random(1)
    pieces = [" ", " ", "  ", "\n", "\t", "'", '"', "\\", ":", ": ", "#", " #", "-", "- ", "?", ",", "[", "]", "{", "é", "\U0001f600", "\x85"]
    words = ["a", "word", "x" * 30, "yes", "1", "1.5", "0x1F", "null"]
    for _ in range(count):
        yield "".join(pick.choice(pieces if pick.random() < 0.5 else words) for _ in range(pick.randrange(1, 40)))


def printed(value):
    return {
        "json": json.dumps(value),
        "pretty": json.dumps(value, indent=4, sort_keys=True, default=str),
        "str": str(value),
        "yaml": yaml.dump(value, default_flow_style=False),
    }


def loaded(load, text):
    try:
        document = load(text)
    except Exception as error:  # All that can be wrong with a text, of which only that it is matters.
        return {"text": text, "error": type(error).__name__}
    if not isinstance(document, dict):
        return {"text": text, "error": f"{type(document).__name__}, not dict"}
    return {"text": text, "repr": repr(document)}


def main():
    scalars = SCALARS + list(random_strings(80))
    values = VALUES + scalars
    # Sliced anew for each place: the same list twice would be printed as an anchor and its alias. No keys:
    # a lone surrogate, which no table holds and UTF-8 does not order, and what JavaScript takes for an array's index.
    values += [{"key": scalars[::3], "nested": [{"list": scalars[::5]}]}]
    values += [[{scalar: index for index, scalar in enumerate(scalars) if scalar not in ("\ud800", "0", "1")}]]
    yaml_texts = TEXTS + ["a: " + scalar for scalar in SCALARS[:110]]
    json_texts = ['{"a": 1, "a": 2}', '{"a": 1.0, "b": [1e3, -0, -0.0, 1E400, 12345678901234567890]}', "", "[]", "{", '{"a": 01}', '{"a": "\\ud83d\\ude00"}',
                  "{'a': 1}", '{"a": 1,}', '{"__proto__": 1, "b": {"__proto__": [true, null]}}', '{"a": 1e-7, "b": 0.00001, "c": 1e16, "d": 1e15}', '"x"', "1", "null"]
    recorded = {
        "printed": [printed(value) for value in values],
        "yaml": [loaded(yaml.safe_load, text) for text in yaml_texts],
        "json": [loaded(json.loads, text) for text in json_texts],
    }
    path = pathlib.Path(__file__).with_name("recorded.json")
    sections = (f'"{name}": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]" for name, cases in recorded.items())
    path.write_text("{\n" + ",\n".join(sections) + "\n}\n")
    print(f"Python {sys.version.split()[0]}, PyYAML {yaml.__version__}: {path}")


if __name__ == "__main__":
    main()
