import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.collectors.influx.lines import Point, points
from ingest.errors import PayloadError


def only(text: str) -> Point:
    [(_, point)] = points(text)
    assert isinstance(point, Point), point
    return point


def test_a_whole_line() -> None:
    point = only('elec,hall=1,meter=M-1 p=12.5,e=7i,u=8u,on=t,off=FALSE,s="a, b=c" 1795332600000000000')
    assert point == Point(
        "elec",
        {"hall": "1", "meter": "M-1"},
        {"p": 12.5, "e": 7.0, "u": 8.0, "on": True, "off": False, "s": "a, b=c"},
        1_795_332_600_000_000_000,
    )


def test_neither_tags_nor_time_are_needed() -> None:
    assert only("m p=1") == Point("m", {}, {"p": 1.0}, None)
    assert only("m p=1 \r\n") == Point("m", {}, {"p": 1.0}, None)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        (
            r"my\ meter\,1,k\=ey=v\ al\,ue f\=\ \,=1",
            Point("my meter,1", {"k=ey": "v al,ue"}, {"f= ,": 1.0}, None),
        ),
        (r"m\=x p=1", Point(r"m\=x", {}, {"p": 1.0}, None)),
        (r"C:\data,path=D:\x p=1", Point(r"C:\data", {"path": r"D:\x"}, {"p": 1.0}, None)),
        (r'm s="a\"b\\c\d"', Point("m", {}, {"s": r'a"b\c\d'}, None)),
        ('"m",t="x" "p"=1', Point('"m"', {"t": '"x"'}, {'"p"': 1.0}, None)),
        ("电表,厅=一 功率=-1.5e-3 -5", Point("电表", {"厅": "一"}, {"功率": -0.0015}, -5)),
        ("m a=.5,b=5.,c=+1 7", Point("m", {}, {"a": 0.5, "b": 5.0, "c": 1.0}, 7)),
    ],
)
def test_escapes_and_forms(text: str, point: Point) -> None:
    assert only(text) == point


@pytest.mark.parametrize(
    "line",
    [
        "m",
        "m ",
        "m p",
        "m p=",
        "m p=1,",
        "m, p=1",
        "m,t p=1",
        "m,t= p=1",
        ",t=1 p=1",
        "m p=abc",
        "m p=nan",
        "m p=inf",
        "m p=1e999",
        "m p=1_000",
        "m p=-1u",
        "m p=1.5i",
        "m p=0x10",
        "m p=\u0661",
        "m p=yes",
        "m p=1 soon",
        "m p=1 1.5",
        "m p=1 1 1",
        "m p=1 " + "9" * 20,
        'm s="open',
        'm s="a"b',
    ],
)
def test_a_line_that_cannot_be_read_costs_itself_alone(line: str) -> None:
    read = dict(points(f"a p=1 1\n{line}\nb p=2 2"))
    assert isinstance(read[2], PayloadError)
    assert read[2].reason
    assert {n: p.measurement for n, p in read.items() if isinstance(p, Point)} == {1: "a", 3: "b"}


def test_lines_are_numbered_as_an_editor_numbers_them() -> None:
    text = '# by hand\n\n  a p=1\r\n\nb s="two\nlines",p=2\nc p=3\n   \n#end'
    assert [(n, p.measurement) for n, p in points(text) if isinstance(p, Point)] == [
        (3, "a"),
        (5, "b"),
        (7, "c"),
    ]


NAME = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: not text.endswith("\\") and not re.match(r"[\s#]|\r", text)
)
VALUE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"])),
)
POINT = st.builds(
    Point,
    NAME,
    st.dictionaries(NAME, NAME, max_size=3),
    st.dictionaries(NAME, VALUE, min_size=1, max_size=3),
    st.none() | st.integers(-(2**62), 2**62),
)


def written(point: Point) -> str:
    """A line as InfluxDB's description of the format has it."""
    head = re.sub(r"([, ])", r"\\\1", point.measurement)
    tags = "".join(f",{escaped(key)}={escaped(value)}" for key, value in point.tags.items())
    fields = ",".join(f"{escaped(key)}={literal(value)}" for key, value in point.fields.items())
    return f"{head}{tags} {fields}" + ("" if point.time is None else f" {point.time}")


def escaped(name: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", name)


def literal(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


@given(st.lists(POINT, max_size=4))
def test_what_is_written_is_read(sent: list[Point]) -> None:
    assert [point for _, point in points("\n".join(map(written, sent)))] == sent


@given(st.text(st.sampled_from('m,= \\"\n\t1i#t')))
def test_no_text_breaks_the_reader(text: str) -> None:
    numbers = [number for number, _ in points(text)]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= text.count("\n") + 1 for number in numbers)


@given(st.text(st.sampled_from('m,= \\"1i#t')))
def test_a_bad_line_leaves_its_neighbours(line: str) -> None:
    read = {n: p.measurement for n, p in points(f"first p=1\n{line}") if isinstance(p, Point)}
    assert read[1] == "first"
