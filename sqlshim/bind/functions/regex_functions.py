"""Regular expressions: `~`, SIMILAR TO and the REGEXP_ functions. Patterns that are constants
are written in RE2's form here, others by the local engine; where the matched span counts,
`pattern_spans` must agree."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.errors import DataError, NotSupportedError
from sqlshim.functions import regex, text
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.pattern_spans import Spans, agreeing
from sqlshim.patterns import re2, replacement, similar
from sqlshim.python_patterns import Wanted
from sqlshim.sql.dialects import traits_of
from sqlshim.types import INTEGER, TEXT, Kind

# What a computed pattern is for, as the local engine knows it: the span counts, or it splits.
_SPANS, _SPLITS = "s", "sp"


def _text(node: exp.Expr, binds: Binds) -> Scalar:
    value = binds.scalar(node)
    return coerce(value, TEXT) if value.type.kind is Kind.UNKNOWN else value


def _is_null(*nodes: exp.Expr | None) -> bool:
    return any(isinstance(node, exp.Null) for node in nodes)


def _flags(node: exp.Expr | None, binds: Binds, known: str) -> str:
    flags = constant_text(node, binds, "the flags of a regular expression")
    unknown = [f for f in flags if f not in known]
    if invalid := [f for f in unknown if f not in "bceimnpqstwxg"]:
        raise DataError(f'invalid regular expression option: "{invalid[0]}"', sqlstate="22023")
    if unknown:
        raise NotSupportedError(
            f"the flags {flags!r} of a regular expression are not supported",
            hint=f"{' and '.join(known)} are.",
        )
    return flags


def _pattern(node: exp.Expr, flags: str, binds: Binds) -> str:
    pattern = constant_text(node, binds, "a regular expression")
    return re2(pattern, ignore_case="i" in flags)


def _spanning(node: exp.Expr, flags: str, binds: Binds) -> tuple[str, Spans]:
    """A pattern whose matched span counts."""
    pattern = _pattern(node, flags, binds)
    return pattern, agreeing(pattern, node.name)


def _computed(node: exp.Expr | None, binds: Binds) -> Scalar | None:
    """A pattern that is no constant text (a parameter may be NULL); None for one that is."""
    value = None if node is None else binds.scalar(node)
    if value is None or (isinstance(value, Literal) and value.value is not None):
        return None
    return coerce(value, TEXT)


def _written(pattern: Scalar, flags: str, use: str = "") -> Scalar:
    """A computed pattern in RE2's form, by the local engine."""
    return call(regex.RE2_PATTERN, pattern, text_literal(("i" if "i" in flags else "") + use))


def _number(node: exp.Expr | None, binds: Binds, default: int, what: str) -> int:
    if node is None:
        return default
    value = binds.scalar(node)
    if not isinstance(value, Literal) or not isinstance(value.value, int):
        raise NotSupportedError(f"the {what} of a regular expression must be a constant number")
    if value.value < 0 or (value.value == 0 and what == "start"):
        raise DataError(f'invalid value for parameter "{what}": {value.value}', sqlstate="22023")
    return value.value


def _from_start(node: exp.Expr, pattern: str, binds: Binds) -> tuple[Scalar, int]:
    """The text from the place where the search starts, and that place."""
    subject = _text(node.this, binds)
    start = _number(node.args.get("position"), binds, 1, "start")
    if start == 1:
        return subject, 1
    if "^" in pattern.replace("[^", ""):
        raise NotSupportedError("a search from a later place on with ^ is not supported")
    return call(text.SUBSTRING, subject, int_literal(start)), start


# --- does it match? --------------------------------------------------------------------------


def regexp_like(node: exp.Expr, binds: Binds) -> Scalar:
    """`~`, `~*` and REGEXP_LIKE."""
    subject = _text(node.this, binds)
    if _is_null(node.expression):
        return call(regex.REGEXP_LIKE, subject, binds.scalar(node.expression))
    flags = _flags(node.args.get("flag"), binds, "ci")
    folds = traits_of(binds.context.dialect).regex_folds_case
    flags += "i" if isinstance(node, exp.RegexpILike) or (folds and "c" not in flags) else ""
    computed = _computed(node.expression, binds)
    if computed is not None and not node.args.get("full_match"):
        return call(regex.REGEXP_LIKE, subject, _written(computed, flags))
    pattern = constant_text(node.expression, binds, "a regular expression")
    if node.args.get("full_match"):  # Snowflake
        pattern = f"^(?:{pattern})$"
    return call(regex.REGEXP_LIKE, subject, text_literal(re2(pattern, ignore_case="i" in flags)))


def similar_to(node: exp.Expr, binds: Binds) -> Scalar:
    """SIMILAR TO, with its ESCAPE."""
    escape = "\\"
    if isinstance(node, exp.Escape):
        escape = constant_text(node.expression, binds, "the escape character")
        node = node.this
    if _is_null(node.expression):
        return call(regex.REGEXP_LIKE, _text(node.this, binds), binds.scalar(node.expression))
    if (computed := _computed(node.expression, binds)) is not None:
        shape = call(regex.SIMILAR_PATTERN, computed, text_literal(escape))
        return call(regex.REGEXP_LIKE, _text(node.this, binds), shape)
    pattern = constant_text(node.expression, binds, "the pattern of SIMILAR TO")
    return call(
        regex.REGEXP_LIKE, _text(node.this, binds), text_literal(re2(similar(pattern, escape)))
    )


# --- which part matches? ---------------------------------------------------------------------


def regexp_replace(node: exp.Expr, binds: Binds) -> Scalar:
    """REGEXP_REPLACE(text, pattern, new [, start [, n]] [, flags])."""
    new, start = node.args.get("replacement"), node.args.get("position")
    if isinstance(new, exp.Literal) and new.name == "":  # in Oracle, too
        new = None
    if _is_null(node.this, node.expression, new):
        return null_of(TEXT)
    last = node.args.get("modifiers")
    occurrence = _number(node.args.get("occurrence"), binds, 1, "n")
    flags = _flags(last, binds, "gci")
    if _number(start, binds, 1, "start") != 1 or occurrence > 1:
        raise NotSupportedError("REGEXP_REPLACE of a later match only is not supported")
    everywhere = "g" in flags or occurrence == 0 or not _replaces_once(binds)
    once = text_literal("g" if everywhere else "")
    computed = _computed(node.expression, binds)
    if computed is not None or (new is not None and _computed(new, binds) is not None):
        pattern_ = coerce(binds.scalar(node.expression), TEXT)
        shape = _written(pattern_, flags, _SPANS)
        with_ = text_literal("") if new is None else coerce(binds.scalar(new), TEXT)
        put = call(regex.RE2_REPLACEMENT, with_, shape)
        return call(regex.REGEXP_REPLACE, _text(node.this, binds), shape, put, once)
    pattern, known = _spanning(node.expression, flags, binds)
    put_in = replacement(constant_text(new, binds, "the replacement"), known.groups)
    return call(
        regex.REGEXP_REPLACE,
        _text(node.this, binds),
        text_literal(pattern),
        text_literal(put_in),
        once,
    )


def _replaces_once(binds: Binds) -> bool:
    return binds.context.dialect in ("postgres", "postgresql", "duckdb", "")


def regexp_count(node: exp.Expr, binds: Binds) -> Scalar:
    flags = _flags(node.args.get("parameters"), binds, "ci")
    computed = _computed(node.expression, binds)
    if computed is not None and node.args.get("position") is None:
        shape = _written(computed, flags, _SPANS)
        return call(regex.REGEXP_COUNT, _text(node.this, binds), shape)
    pattern, _ = _spanning(node.expression, flags, binds)
    subject, _ = _from_start(node, pattern, binds)
    return call(regex.REGEXP_COUNT, subject, text_literal(pattern))


def regexp_substr(node: exp.Expr, binds: Binds) -> Scalar:
    """REGEXP_SUBSTR(text, pattern [, start [, n [, flags [, group]]]])."""
    flags = _flags(node.args.get("parameters"), binds, "ci")
    group = _number(node.args.get("group"), binds, 0, "subexpr")
    place = _number(node.args.get("occurrence"), binds, 1, "n")
    if (computed := _computed(node.expression, binds)) is not None:
        start = _number(node.args.get("position"), binds, 1, "start")
        return _part(node.this, computed, Wanted(start, place, group, "text", flags), binds)
    pattern, known = _spanning(node.expression, flags, binds)
    subject, _ = _from_start(node, pattern, binds)
    if group > known.groups:
        return null_of(TEXT)
    return _match(subject, pattern, known, place, group)


def _match(subject: Scalar, pattern: str, known: Spans, place: int, group: int) -> Scalar:
    if group and not known.sure:
        raise NotSupportedError("a group that may not take part in the match is not supported")
    return call(
        regex.REGEXP_SUBSTR,
        subject,
        text_literal(pattern),
        int_literal(place),
        int_literal(group),
    )


def _part(subject: exp.Expr, pattern: Scalar, wanted: Wanted, binds: Binds) -> Scalar:
    """A part of a match that the local engine finds."""
    return call(regex.REGEXP_PART, _text(subject, binds), pattern, text_literal(wanted.text()))


def substring_of_pattern(node: exp.Expr, binds: Binds) -> Scalar:
    """SUBSTRING(text FROM pattern): the first group of the first match, or the match."""
    if (computed := _computed(node.args["start"], binds)) is not None:
        return _part(node.this, computed, Wanted(1, 1, -1, "text", ""), binds)
    pattern, known = _spanning(node.args["start"], "", binds)
    return _match(_text(node.this, binds), pattern, known, 1, min(known.groups, 1))


def regexp_instr(node: exp.Expr, binds: Binds) -> Scalar:
    """REGEXP_INSTR(text, pattern [, start [, n [, end [, flags]]]])."""
    flags = _flags(node.args.get("parameters"), binds, "ci")
    place = _number(node.args.get("occurrence"), binds, 1, "n")
    behind = _number(node.args.get("option"), binds, 0, "endoption")
    start = _number(node.args.get("position"), binds, 1, "start")
    group = _number(node.args.get("group"), binds, 0, "subexpr")
    wanted = Wanted(start, place, group, "end" if behind else "start", flags)
    if (computed := _computed(node.expression, binds)) is not None:
        return cast(_part(node.this, computed, wanted, binds), INTEGER)
    pattern, known = _spanning(node.expression, flags, binds)
    if known.empty or "^" in pattern.replace("[^", "") or start != 1 or group:
        given = text_literal(node.expression.name)
        return cast(_part(node.this, given, wanted, binds), INTEGER)
    head, _, core = pattern.partition(")")  # the flags
    skipped = f"(?:.*?(?:{core})){{{place - 1}}}.*?" if place > 1 else ".*?"
    before = rf"{head})\A({skipped}{f'(?:{core})' if behind else ''})(?:{'' if behind else core})"
    return call(
        regex.REGEXP_INSTR,
        _text(node.this, binds),
        text_literal(pattern),
        text_literal(before),
        int_literal(place),
    )


def regexp_match(node: exp.Expr, binds: Binds) -> Scalar:
    """REGEXP_MATCH(text, pattern [, flags])."""
    subject, asked, *rest = node.expressions
    flags = _flags(rest[0] if rest else None, binds, "ci")
    local = _computed(asked, binds)  # a pattern that the local engine must run
    if local is None:
        _, known = _spanning(asked, flags, binds)
        if known.groups and not known.sure:
            local = text_literal(asked.name)
    if local is not None:
        shown = text_literal("i" if "i" in flags else "")
        return call(regex.REGEXP_GROUPS, _text(subject, binds), local, shown)
    args, _ = _match_arguments(node, binds, "ci")
    return call(regex.REGEXP_MATCH, *args)


def regexp_matches(node: exp.Expr, binds: Binds) -> Scalar:
    """The arrays that REGEXP_MATCHES(text, pattern [, flags]) makes rows of."""
    args, flags = _match_arguments(node, binds, "cig")
    return call(regex.REGEXP_MATCHES, *args, text_literal("g" if "g" in flags else ""))


def _match_arguments(
    node: exp.Expr, binds: Binds, known_flags: str
) -> tuple[tuple[Scalar, Scalar, Scalar], str]:
    """The text, the pattern and how many groups it has; and the flags."""
    subject, pattern_node, *rest = node.expressions
    flags = _flags(rest[0] if rest else None, binds, known_flags)
    pattern, known = _spanning(pattern_node, flags, binds)
    if known.groups and not known.sure:
        raise NotSupportedError("a group that may not take part in the match is not supported")
    return (_text(subject, binds), text_literal(pattern), int_literal(known.groups)), flags


def regexp_split(node: exp.Expr, binds: Binds) -> Scalar:
    """REGEXP_SPLIT_TO_ARRAY(text, pattern [, flags])."""
    args = node.expressions or [node.this, node.expression]
    flags = _flags(args[2] if len(args) > 2 else None, binds, "ci")
    if (computed := _computed(args[1], binds)) is not None:
        shape = _written(computed, flags, _SPLITS)
        return call(regex.REGEXP_SPLIT_TO_ARRAY, _text(args[0], binds), shape)
    pattern, known = _spanning(args[1], flags, binds)
    if known.empty or "^" in pattern.replace("[^", "") or "$" in pattern:
        raise NotSupportedError("a split where nothing need match is not supported")
    return call(regex.REGEXP_SPLIT_TO_ARRAY, _text(args[0], binds), text_literal(pattern))


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.RegexpLike: regexp_like,
    exp.RegexpILike: regexp_like,
    exp.SimilarTo: similar_to,
    exp.RegexpReplace: regexp_replace,
    exp.RegexpCount: regexp_count,
    exp.RegexpSubstr: regexp_substr,
    exp.RegexpExtract: regexp_substr,
    exp.RegexpInstr: regexp_instr,
    exp.RegexpSplit: regexp_split,
}
CALLS: dict[str, Special] = {
    "regexp_match": regexp_match,
    "regexp_split_to_array": regexp_split,
}
