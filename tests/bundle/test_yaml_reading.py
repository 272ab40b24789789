"""What YAML hides, and where every part of a file lies."""

import pytest
import yaml

from reconcile.app_interface.bundle.yaml_reading import Reading, read_datafile
from reconcile.findings import Severity


def read(text: str | bytes, path: str = "/x.yml") -> Reading:
    return read_datafile(path, text.encode() if isinstance(text, str) else text)


def faults(text: str | bytes, path: str = "/x.yml") -> list[tuple[str, int, str]]:
    reading = read(text, path)
    return [(each.rule, reading.lines[each.pointer], each.message) for each in reading.findings]


def test_every_part_knows_its_line() -> None:
    reading = read("---\na: 1\nb:\n  c:\n  - x\n  - d: 2\n")
    assert reading.document == {"a": 1, "b": {"c": ["x", {"d": 2}]}}
    assert reading.lines == {
        (): 2, ("a",): 2, ("b",): 3, ("b", "c"): 4, ("b", "c", 0): 5, ("b", "c", 1): 6, ("b", "c", 1, "d"): 6,
    }  # fmt: skip


def test_a_repeated_key_is_found_at_its_second_place() -> None:
    assert faults("a: 1\nb: 2\na: 3\n") == [
        ("duplicate-key", 3, "the key 'a' was set in line 1 already; only one would count")
    ]


def test_all_repeated_keys_are_found() -> None:
    assert [line for _, line, _ in faults("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n")] == [2, 5]


def test_merged_keys_may_be_set_again() -> None:
    reading = read("a: &a {x: 1, y: 1}\nb:\n  <<: *a\n  y: 2\n")
    assert reading.findings == []
    assert reading.document == {"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 2}}
    assert reading.lines["b", "y"] == 4


@pytest.mark.parametrize(
    "merges",
    [
        "<<: *a\n  <<: *b",
        "<<: [*b, *a]",
        "<<: *a\n  <<: [*b, *b]",
        "<<: *a\n  <<:\n  - *b",
    ],
)
def test_merges_in_any_form_give_what_pyyaml_gives(merges: str) -> None:
    text = f"a: &a {{x: 1, y: 1}}\nb: &b {{<<: *a, y: 2, z: 2}}\nc:\n  w: 3\n  {merges}\n  z: 3\n"
    reading = read(text)
    assert reading.document == yaml.safe_load(text)
    assert [each for each in reading.findings if each.severity is Severity.ERROR] == []


def test_a_key_that_two_merges_set_differently_is_a_warning() -> None:
    (finding,) = read("a: &a {x: 1, y: 1}\nb: &b {y: 2}\nc:\n  <<: *a\n  <<: *b\n").findings
    assert (finding.rule, finding.severity, finding.pointer) == (
        "merge-conflict",
        Severity.WARNING,
        ("c", "<<"),
    )


def test_a_quoted_merge_sign_is_a_key_like_any_other() -> None:
    assert read('"<<": 1\n').document == {"<<": 1}
    assert [rule for rule, _, _ in faults('"<<": 1\n"<<": 1\n')] == ["duplicate-key"]


def test_what_is_merged_must_be_a_mapping() -> None:
    assert faults("a: 1\nb: {<<: x}\n") == [
        ("yaml-syntax", 2, "<< takes a mapping or a list of mappings, at column 9")
    ]


def merge_bomb() -> str:
    """Nine merges of nine merges and so on: 9^12 pairs if they are written out."""
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(9)) + "}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    return "\n".join(lines)


def test_merges_of_merges_do_not_multiply() -> None:
    reading = read(merge_bomb())
    assert reading.document is not None
    assert len(reading.document["a11"]) == 9


def merge_ladder() -> str:
    wide = ", ".join(f"k{n}: 1" for n in range(1000))
    return f"a: &a {{{wide}}}\nb: [" + ", ".join(["{<<: *a}"] * 1000) + "]"


HOSTILE = {
    "lists in lists": "[" * 100_000,
    "mappings in mappings": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "a long list": "- a\n" * 300_000,
    "a mapping of many keys": "".join(f"k{n}: 1\n" for n in range(150_000)),
    "a long value without quotes": "a: 1" + ":1" * 1_000_000,
    "a long text that is repeated": f"a: &a '{'x' * 1_000_000}'\nb: [{', '.join(['*a'] * 1000)}]",
    "a long key that is repeated": f"a: &a\n  ? '{'x' * 1_000}'\n  : 1\nb: [{', '.join(['*a'] * 30_000)}]",
    "nesting by aliases": "a0: &a0 [x]\n"
    + "\n".join(f"a{n}: &a{n} {'[' * 90}*a{n - 1}{']' * 90}" for n in range(1, 30)),
    "a wide mapping that is merged often": merge_ladder(),
    "a wide mapping that is merged many levels deep": "a: "
    + "{<<: " * 90
    + "{"
    + ", ".join(f"k{n}: 1" for n in range(1500))
    + "}" * 91,
    "a mapping that is merged into itself": "a: &a {<<: *a}",
    "a long tag": f"a: !!{'x' * 100_000} y",
    "a tag of Python": "a: !!python/object/apply:os.system [x]",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_datafile_that_would_take_all_memory_is_one_short_finding(case: str) -> None:
    (fault,) = faults(HOSTILE[case])
    assert fault[0] == "yaml-syntax"
    assert len(fault[2]) < 300


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, "1" + ":1" * 5000, "0x" + "f" * 5000, "2001-12-14t21:59:43." + "1" * 5000, "!!int x", "!!int ''",
     "!!bool maybe", "!!float x", "!!timestamp x"],
)  # fmt: skip
def test_a_value_that_is_not_what_it_looks_like_is_a_short_finding(value: str) -> None:
    (fault,) = faults(f"a: {value}")
    assert fault[0] == "value-type"
    assert len(fault[2]) < 150


@pytest.mark.parametrize("value", ["9" * 5000, "NaN", "[" * 50_000, "[" + "1," * 300_000 + "1]"])
def test_hostile_json_is_one_finding(value: str) -> None:
    assert len(faults(f'{{"a": {value}}}', "/x.json")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 2022-11-07", "2022-11-07 is read as a date, which JSON does not have; quote it"),
        ("a: 2022-13-07", "2022-13-07 is not a valid date; quote it if it is meant as text"),
        ("a: .nan", ".nan is read as a number that is not finite, which JSON does not have; quote it"),
        ("a: !!binary aGk=", "aGk= is read as a bytes, which JSON does not have; quote it"),
    ],
)
def test_values_that_json_does_not_have_are_found(text: str, message: str) -> None:
    assert faults(text) == [("value-type", 1, message)]


def test_keys_that_are_not_text_are_found() -> None:
    assert faults("a: 1\n1: x\nyes: y\n") == [
        ("key-type", 2, "the key 1 is not read as text; quote it"),
        ("key-type", 3, "the key yes is not read as text; quote it"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "a: b\n\tc: 2\n",
            2,
            "while scanning a plain scalar, found a tab character that violates indentation, at column 1",
        ),
        ("a: 'open\n", 2, "while scanning a quoted scalar, found unexpected end of stream, at column 1"),
        (
            "a: 1\n---\nb: 2\n",
            2,
            "expected a single document in the stream, but found another document, at column 1",
        ),
        ("a: 1\nb: \x01\n", 2, "the character 0x1 is not allowed in YAML"),
        ("a: !secret x\n", 1, "could not determine a constructor for the tag '!secret', at column 4"),
        ("? [a]\n: 1\n", 1, "a key must be text, at column 3"),
        ("a: &a [*a]\n", 1, "aliases expand without end, at column 4"),
    ],
)
def test_broken_yaml_names_line_and_reason(text: str, line: int, message: str) -> None:
    assert faults(text) == [("yaml-syntax", line, message)]


def test_aliases_that_multiply_beyond_measure_are_refused() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    assert [rule for rule, _, _ in faults("\n".join(levels))] == ["yaml-syntax"]


@pytest.mark.parametrize("path", ["/x.yml", "/x.json"])
def test_nesting_that_would_end_the_process_is_refused(path: str) -> None:
    (fault,) = faults('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", path)
    assert "the document is nested too deeply" in fault[2]


def test_bytes_that_are_not_utf_8_are_found_in_their_line() -> None:
    assert faults(b"a: 1\nb: caf\xe9\n") == [("encoding", 2, "byte 12 is not UTF-8; save the file as UTF-8")]


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "null\n"])
def test_an_empty_file_is_found(text: str) -> None:
    assert faults(text)[0][0] == "empty-file"


def test_a_list_is_no_datafile() -> None:
    assert faults("- a\n") == [("not-a-mapping", 1, "a datafile is a mapping with a $schema, this is a list")]


def test_json_files_are_read_with_lines_too() -> None:
    reading = read('{\n\t"a": 1,\n\t"b": {"c": [true]}\n}', "/x.json")
    assert reading.document == {"a": 1, "b": {"c": [True]}}
    assert reading.lines["b", "c", 0] == 3


def test_json_files_must_be_json() -> None:
    text = '{\n"a": 1,\n}'
    assert faults(text, "/x.json") == [
        ("json-syntax", 3, "Expecting property name enclosed in double quotes, at column 1")
    ]


def test_repeated_keys_in_json_are_found() -> None:
    assert [rule for rule, _, _ in faults('{"a": 1,\n"a": 2}', "/x.json")] == ["duplicate-key"]
