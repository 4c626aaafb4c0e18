"""Parameter styles: what counts as a placeholder, which argument it takes, where it stood."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sqlshim.errors import ProgrammingError
from sqlshim.sql.params import PREFIX, Placeholders, uniform


def short(places: Placeholders) -> str:
    """The uniform text with `<N>` for the placeholders."""
    return places.text.replace(PREFIX, "@")


STYLES = {
    "question marks": ("a = ? AND b = ?", "a = @0 AND b = @1", (0, 1)),
    "percent s": ("a = %s AND b = %s", "a = @0 AND b = @1", (0, 1)),
    "percent names": ("a = %(x)s AND b = %(y z)s", "a = @0 AND b = @1", ("x", "y z")),
    "colon names": ("a = :x AND b = :y_1", "a = @0 AND b = @1", ("x", "y_1")),
    "dollar numbers": ("a = $2 AND b = $1", "a = @0 AND b = @1", (1, 0)),
    "a name twice": ("a = :x AND b = :x", "a = @0 AND b = @0", ("x",)),
    "a number twice": ("a = $1 AND b = $1", "a = @0 AND b = @0", (0,)),
    "no space around": ("a=?,?", "a=@0,@1", (0, 1)),
    "none": ("a = 1", "a = 1", ()),
}


@pytest.mark.parametrize(("text", "made", "keys"), STYLES.values(), ids=STYLES)
def test_every_style_becomes_one(text: str, made: str, keys: tuple[object, ...]) -> None:
    places = uniform(text)
    assert (short(places), places.keys) == (made, keys)


NOT_PLACEHOLDERS = {
    "in a string": "'? %s :a $1'",
    "in a string with a doubled quote": "'it''s ?' || 'x'",
    "in a quoted name": '"a?b"',
    "in a quoted name with a doubled quote": '"a""?"',
    "in backquotes": "`a?`",
    "in a line comment": "1 -- ? :a\n + 2",
    "in a block comment": "/* ? $1 :a */ 1",
    "in dollar quotes": "$$ ? :a $$",
    "in tagged dollar quotes": "$x$ $1 $$ ? $x$",
    "in an escape string": r"E'\' ? :a'",
    "a cast": "a::text",
    "an assignment": "a := 1",
    "a slice": "a[1:b]",
    "a time": "'10:30'",
    "a dollar inside a name": "a$1",
    "modulo": "a %b",
}


@pytest.mark.parametrize("text", NOT_PLACEHOLDERS.values(), ids=NOT_PLACEHOLDERS)
def test_these_are_no_placeholders(text: str) -> None:
    assert uniform(text, has_arguments=False).text == text


def test_without_arguments_percent_s_is_sql() -> None:
    assert short(uniform("a %s", has_arguments=False)) == "a %s"


def test_a_doubled_percent_is_one_in_a_percent_style_also_in_quotes() -> None:
    assert short(uniform("a %% %s AND b LIKE 'x%%'")) == "a % @0 AND b LIKE 'x%'"


def test_a_doubled_percent_stays_in_other_styles() -> None:
    assert short(uniform("a LIKE 'x%%' AND b = ?")) == "a LIKE 'x%%' AND b = @0"


def test_a_backslash_quotes_in_dialects_that_say_so() -> None:
    text = r"'it\'s ?' = ?"
    assert short(uniform(text, backslash=True)) == r"'it\'s ?' = @0"


def test_a_backslash_is_plain_otherwise() -> None:
    assert short(uniform(r"'\' = ?")) == r"'\' = @0"


@pytest.mark.parametrize("text", ["SELECT %(some)s, x", "SELECT ?, ?, x", "SELECT '%%', %s, x"])
def test_positions_map_back_to_the_callers_text(text: str) -> None:
    places = uniform(text)
    assert places.original(places.text.index("x")) == text.index("x")


def test_a_position_before_the_first_placeholder_stays() -> None:
    assert uniform("SELECT a, ?").original(7) == 7


VALUES = {
    "by order": ("? ?", [1, 2], (1, 2)),
    "a tuple": ("%s", ("a",), ("a",)),
    "by number": ("$2 $1 $2", [1, 2], (2, 1)),
    "by name": (":b :a :b", {"a": 1, "b": 2}, (2, 1)),
    "more names than needed": (":a", {"a": 1, "b": 2}, (1,)),
    "none wanted, none given": ("1", [], ()),
    "none wanted, nothing given": ("1", None, ()),
    "none wanted, an empty mapping": ("1", {}, ()),
}


@pytest.mark.parametrize(("text", "given", "values"), VALUES.values(), ids=VALUES)
def test_arguments_are_found(text: str, given: object, values: tuple[object, ...]) -> None:
    assert uniform(text).values(given) == values


WRONG = {
    "too few": ("? ?", [1], "the statement has 2 parameter(s), but 1 were given"),
    "too many": ("?", [1, 2], "the statement has 1 parameter(s), but 2 were given"),
    "too many for none": ("1", [1], "the statement has 0 parameter(s), but 1 were given"),
    "a number beyond": ("$3", [1, 2], "the statement has 3 parameter(s), but 2 were given"),
    "a name without a value": (":a :b", {"a": 1}, "no value for parameter 'b'"),
    "a sequence for names": (
        ":a",
        [1],
        "the statement names its parameters, but a sequence was given\nHINT: Pass a dict.",
    ),
    "a mapping for places": (
        "?",
        {"a": 1},
        "the statement's parameters have no names, but a mapping was given\n"
        "HINT: Pass a list or tuple, or write :name or %(name)s.",
    ),
    "a string": ("?", "x", "parameters must be a sequence or a mapping"),
    "bytes": ("?", b"x", "parameters must be a sequence or a mapping"),
    "a set": ("?", {1}, "parameters must be a sequence or a mapping"),
}


@pytest.mark.parametrize(("text", "given", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_refused(text: str, given: object, message: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        uniform(text).values(given)
    assert (caught.value.sqlstate, str(caught.value)) == ("07001", message)


@pytest.mark.parametrize("text", ["? :a", "? $1", ":a $1", "%s ?", "%(a)s :b", "%s %(a)s"])
def test_styles_do_not_mix(text: str) -> None:
    with pytest.raises(ProgrammingError, match="a statement cannot mix parameter styles") as caught:
        uniform(text)
    assert (caught.value.sqlstate, caught.value.position) == ("07001", 1)


def test_there_is_no_parameter_zero() -> None:
    with pytest.raises(ProgrammingError, match=r"there is no parameter \$0") as caught:
        uniform("a = $0")
    assert (caught.value.sqlstate, caught.value.position) == ("42P02", 5)


NUMBERS = ", ".join(map(str, range(1_000)))
MARKS = {
    "%s": (tuple(range(1, 1_001)), [0, *range(1_000)]),
    "?": (tuple(range(1, 1_001)), [0, *range(1_000)]),
    ":a": (("a",) * 1_000, {"a": 7}),
    "%(a)s": (("a",) * 1_000, {"a": 7}),
}


@pytest.mark.parametrize(
    ("items", "values"),
    [
        (NUMBERS, list(range(1_000))),
        (f"-1.50 ,\n{NUMBERS}", [Decimal("-1.50"), *range(1_000)]),
        (", ".join(["'it''s'"] * 1_000), ["it's"] * 1_000),
    ],
    ids=["integers", "numbers", "texts"],
)
def test_a_long_list_of_constants_is_one_value(items: str, values: list[object]) -> None:
    places = uniform(f"SELECT a NOT in ( {items} ) OR b = %s", True)
    assert short(places) == "SELECT a NOT in ( @1_list ) OR b = @0"
    assert places.values([5]) == (5, values)


@pytest.mark.parametrize(
    ("items", "left", "values"),
    [
        (f"{NUMBERS}, NULL, null", "@1_list, NULL", [list(range(1_000))]),
        (f"'a', {NUMBERS}, '', a + 1", "@1_list, @2_list, '', a + 1", [["a"], list(range(1_000))]),
        (f"ABS(1, 2), {NUMBERS}", "@1_list, ABS(1, 2)", [list(range(1_000))]),
        (
            f"{NUMBERS}, '7'::int, 7::bigint, 8 :: bigint",
            "@1_list, @2_list::bigint, '7'::int",
            [list(range(1_000)), [7, 8]],
        ),
        (
            "DATE '2024-01-01', " + "cast('2024-01-02' as DATE), " * 999 + "'Jan 1'::date",
            "CAST(@1_list AS date), 'Jan 1'::date",
            [["2024-01-01", *["2024-01-02"] * 999]],
        ),
    ],
    ids=["NULL", "texts", "calls", "numbers", "dates"],
)
def test_a_long_list_of_several_kinds_is_one_value_of_each(
    items: str, left: str, values: list[list[object]]
) -> None:
    places = uniform(f"SELECT a IN ({items}), %s", True)
    assert short(places) == f"SELECT a IN ({left}), @0"
    assert places.values([5]) == (5, *values)


@pytest.mark.parametrize("mark", MARKS)
def test_a_long_list_of_placeholders_is_one_value(mark: str) -> None:
    run, arguments = MARKS[mark]
    text = f"SELECT 'IN ({NUMBERS})', {mark} WHERE a IN ({', '.join([mark] * 1_000)})"
    places = uniform(text, True)
    assert short(places).endswith(" WHERE a IN (@1_list)")
    assert (places.runs, places.constants) == ((run,), ())
    wanted = [7] * 1_000 if isinstance(arguments, dict) else list(range(1_000))
    assert places.values(arguments)[1] == wanted


@pytest.mark.parametrize(
    "items",
    [
        ", ".join(map(str, range(999))),
        f"{NUMBERS}, -- NULL,\n 5",
        f"{NUMBERS}, '%'",
        f"{NUMBERS},",
        ", ".join(["a"] * 1_000),
        ", ".join(["(1, 2)"] * 1_000),
        ", ".join(["''"] * 1_000),
        ", ".join([r"'\'"] * 1_000),
        f"SELECT {NUMBERS}",
        f"select {NUMBERS}, NULL",
    ],
)
def test_other_lists_stay(items: str) -> None:
    text = f"SELECT a IN ({items})"
    assert uniform(text, True).text == text


def test_a_long_list_counts_its_placeholders() -> None:
    places = uniform(f"SELECT a IN ({', '.join(['?'] * 1_000)}), ?", True)
    with pytest.raises(ProgrammingError, match=r"has 1001 parameter\(s\), but 2 were given"):
        places.values([1, 2])
    with pytest.raises(ProgrammingError, match=r"has 1001 parameter\(s\), but none"):
        places.values(None)


@pytest.mark.parametrize(
    "text",
    [
        """SELECT '{"a": 1}' ? 'a'""",
        "SELECT j::jsonb ? 'a' FROM t",
        "SELECT \"j\" ? 'a' FROM t",
        "SELECT j ?| array['a'] FROM t",
        "SELECT (j) ?& '{a,b}' FROM t",
        "SELECT j @? '$.a' FROM t",
    ],
)
def test_an_operator_of_jsonb_is_no_placeholder(text: str) -> None:
    assert uniform(text).keys == ()


@pytest.mark.parametrize(
    "text", ["SELECT ?||'x'", "SELECT ? | ?", "SELECT a ? FROM t", "SELECT f(x), ?|3"]
)
def test_other_question_marks_are(text: str) -> None:
    assert uniform(text).keys


def test_a_path_into_json_is_no_placeholder() -> None:
    assert uniform("SELECT PARSE_JSON(j):a.b FROM t").keys == ()


@pytest.mark.parametrize(
    ("text", "keys"),
    [("a <@ ?", (0,)), ("a <@?", (0,)), ("a @> ?", (0,)), ("a @? ?", (0,)), ("a @? 'x'", ())],
)
def test_a_question_mark_after_an_operator_with_an_at_sign(
    text: str, keys: tuple[int, ...]
) -> None:
    assert uniform(f"SELECT {text}").keys == keys
