"""What a condition says, and where it goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import UsageError
from livesegment.events.condition import (
    And,
    Comparison,
    Condition,
    Lasting,
    Measure,
    Not,
    Or,
    Tree,
)
from livesegment.events.parser import DEEPEST, conditions, parse
from tests.events.seen import LABELS

ODD = (*LABELS, "any", "for", 'a "b" \\', "t-shirt", "3d", "größe", " ", "")
PERSON = Comparison(Measure.COUNT, "person", ">=", 1)
CAR = Comparison(Measure.COUNT, "car", ">=", 1)


def tree(text: str) -> Tree:
    return parse(text, LABELS).tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("person", PERSON),
        ("person>=1", PERSON),
        ("count(person)", PERSON),
        ("PERSON >= 1", PERSON),
        ("count(car)>3", Comparison(Measure.COUNT, "car", ">", 3)),
        ("area(car)>0.2", Comparison(Measure.AREA, "car", ">", 0.2)),
        ("area(car) > 20%", Comparison(Measure.AREA, "car", ">", 0.2)),
        ("score(person)>.9", Comparison(Measure.SCORE, "person", ">", 0.9)),
        ("any==0", Comparison(Measure.COUNT, None, "==", 0)),
        ("area(any)!=1", Comparison(Measure.AREA, None, "!=", 1)),
        ('"traffic light"<2', Comparison(Measure.COUNT, "traffic light", "<", 2)),
        ("'Traffic Light'<=2", Comparison(Measure.COUNT, "traffic light", "<=", 2)),
        ("not person", Not(PERSON)),
        ("person and car", And((PERSON, CAR))),
        ("person or car and person", Or((PERSON, And((CAR, PERSON))))),
        ("(person or car) and person", And((Or((PERSON, CAR)), PERSON))),
        ("not person and car", And((Not(PERSON), CAR))),
        ("not (person and car)", Not(And((PERSON, CAR)))),
        ("person>=1 for 2s", Lasting(PERSON, 2)),
        ("person for 2", Lasting(PERSON, 2)),
        ("person for 1.5 m", Lasting(PERSON, 90)),
        ("person for 200ms", Lasting(PERSON, 0.2)),
        ("person or car for 2s", Lasting(Or((PERSON, CAR)), 2)),
        ("not person for 2s", Lasting(Not(PERSON), 2)),
        ("(person for 2s) and car", And((Lasting(PERSON, 2), CAR))),
        ("((person for 2s) or car) for 1h", Lasting(Or((Lasting(PERSON, 2), CAR)), 3600)),
    ],
)
def test_a_condition_is_read_as_it_is_meant(text: str, expected: Tree) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "", "expected a class, got the end"),
        ("person>=", "", "expected a number, got the end"),
        ("persn>=1", "persn", "the model has no class 'persn'"),
        ("zebra", "zebra", "the model has no class 'zebra'"),
        ("traffic light>=1", "traffic", "the model has no class 'traffic'"),
        ("person=1", "=", "'=' means nothing here"),
        ("person && car", "&", "'&' means nothing here"),
        ("person>=1.5", "1.5", "counted in whole numbers"),
        ("person>=10%", "10%", "counted in whole numbers"),
        ("person>=2s", "2s", "expected a number, got 2s"),
        ("area(car)>20", "20", "area lies between 0 and 1"),
        ("score(car)", "", "expected a comparison such as score(...)>0.2"),
        ("aera(car)>0.2", "aera", "'aera' is nothing that can be measured"),
        ("area(car>0.2", ">", "expected ) after the class"),
        ("(person or car", "(", "this bracket is never closed"),
        ("person)", ")", "expected and, or, for or the end, got ')'"),
        ("person car", "car", "expected and, or, for or the end, got 'car'"),
        ("person for 2s and car", "and", "'for' speaks of all that is before it"),
        ("person for long", "long", "expected a duration such as 2s"),
        ("person for 0s", "0s", "no duration above zero"),
        ("person for 2 years", "years", "expected and, or, for or the end"),
        ("person for 2w", "2w", "no duration above zero"),
        ("person for 1" + "0" * 400, "1" + "0" * 400, "no duration above zero"),
        ('"person', '"person', "this quote has no end"),
        ("person and or car", "or", "expected a class, got 'or'"),
        ("1>=person", "1", "expected a class, got '1'"),
    ],
)
def test_an_error_points_at_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"^--on: ") as caught:
        tree(text)
    said, shown, marks = str(caught.value).split("\n")
    assert words in said
    if len(text) < 50:
        at = marks.index("^")
        assert shown[at : at + len(marks.strip())] == (place or "")[: len(shown) - at]
        assert len(marks.strip()) == max(1, len(place))
        assert shown.strip() == text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("persn", "did you mean person?"),
        ("traffic_light", 'did you mean "traffic light"?'),
        ("traffic light", 'put a name of several words in quotes: "traffic light"'),
        ("zebra", "its classes: person, car, traffic light; any stands for all of them"),
        ("aera(car)>1", "did you mean area?"),
        ("area(car)>20", "20% is 20 per cent"),
        ("person for 2s or car", "put what it speaks of in brackets: (person for 2s) and car"),
        ("person=1", "the same is written =="),
        (" ", "such as 'person>=1 for 2s', 'area(car)>0.2' or 'any and not person'"),
    ],
)
def test_an_error_says_what_to_type(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        tree(text)
    assert caught.value.hint == hint


def test_the_mark_stands_below_wide_letters_and_after_tabs() -> None:
    with pytest.raises(UsageError) as caught:
        tree('"人"\t>')
    assert str(caught.value).split("\n")[2] == "  ^^^^"
    with pytest.raises(UsageError) as caught:
        parse('"人"\t>', ["人"])
    assert str(caught.value).split("\n")[1:] == ['  "人" >', "        ^"]


def test_of_a_long_text_the_part_around_the_error_is_shown() -> None:
    with pytest.raises(UsageError) as caught:
        tree(" and ".join(["person"] * 50 + ["persn"] + ["person"] * 50))
    _, shown, marks = str(caught.value).split("\n")
    assert len(shown) < 110
    assert shown[marks.index("^") :].startswith("persn and")


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(UsageError, match="inside one another"):
        tree("(" * 100_000)
    with pytest.raises(UsageError, match="inside one another"):
        tree("not " * 100_000)
    assert tree("(" * (DEEPEST - 1) + "person" + ")" * (DEEPEST - 1)) == PERSON


def test_a_class_is_found_by_its_exact_name_first() -> None:
    assert parse("Cat", ["cat", "Cat"]).tree == Comparison(Measure.COUNT, "Cat", ">=", 1)


def test_the_text_of_a_condition_is_kept_as_typed() -> None:
    assert parse(" count( Person )>2 ", LABELS).text == "count( Person )>2"


def test_several_conditions_are_read_in_order() -> None:
    assert [one.text for one in conditions(["car", "person"], LABELS)] == ["car", "person"]


def test_a_condition_knows_the_classes_that_it_speaks_of() -> None:
    assert parse("(person or not car) for 2s", LABELS).names == frozenset({"person", "car"})
    assert parse("person and any>3", LABELS).names is None


SIGNS = st.sampled_from([">=", ">", "<=", "<", "==", "!="])
NAMES = st.none() | st.sampled_from(ODD)
COUNTED = st.builds(
    Comparison, st.just(Measure.COUNT), NAMES, SIGNS, st.integers(0, 10**30).map(float)
)
SHARED = st.builds(
    Comparison, st.sampled_from([Measure.AREA, Measure.SCORE]), NAMES, SIGNS, st.floats(0, 1)
)
SECONDS = st.floats(0, 1e12, exclude_min=True)


def joined(terms: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(terms, min_size=2, max_size=4).map(tuple)
    return (
        st.builds(Not, terms)
        | st.builds(And, several)
        | st.builds(Or, several)
        | st.builds(Lasting, terms, SECONDS)
    )


@given(st.recursive(COUNTED | SHARED, joined, max_leaves=12))
def test_a_tree_written_down_reads_as_the_same_tree(made: Tree) -> None:
    assert parse(str(made), ODD).tree == made


WORDS = st.sampled_from(
    ["person", "car", '"traffic light"', "any", "and", "or", "not", "for", "(", ")", ">=", "<",
     "1", "0.5", "20%", "2s", "area", "count", " ", "'", "\\", "é", "\n", "="]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(WORDS, max_size=25).map(" ".join))
def test_any_text_is_a_condition_or_a_usage_error(text: str) -> None:
    read: Condition | None = None
    message = ""
    try:
        read = parse(text, LABELS)
    except UsageError as error:
        message = str(error)
    if read is not None:
        assert parse(str(read.tree), LABELS).tree == read.tree
    else:
        assert len(message.split("\n")) == 3
        assert "^" in message.split("\n")[2]
