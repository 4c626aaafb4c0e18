"""Plans for servers that lack something: written otherwise where that is exact, else left local.

`accept` asks `accept.accept` first, then looks at the pipeline that this would become: the one
place that knows of servers, so that no builder has to. `adapted` rewrites a finished pipeline in
the older words of `OTHERWISE`. Called by `backend` with the server that answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlshim.backends.estimate import Known, unmeasured
from sqlshim.backends.mongo import accept as newest
from sqlshim.backends.mongo.capabilities import (
    IF_NULL_OF_MANY,
    LOOKUP_BOTH,
    NEWEST,
    UNION_OF_NOTHING,
    Server,
    features,
)
from sqlshim.backends.mongo.compile import compile_rel
from sqlshim.backends.mongo.expressions.mql import Mql, cond, let
from sqlshim.backends.mongo.stages.query import Stage
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Rel, Scan
from sqlshim.ir.scalar import Scalar

_DAY = 86_400_000  # milliseconds
_KEY = "sqlshim_key"
_ROWS = "rows"


def accept(
    rel: Rel, pushdown: Pushdown, known: Known = unmeasured, server: Server = NEWEST
) -> Accepted:
    """Whether `server` runs `rel`, whose inputs it runs already."""
    answer = newest.accept(rel, pushdown, known)
    if server.has_all or answer.taken is None or isinstance(rel, Scan):
        return answer
    why = _lacking(answer.taken, server)
    if not why:
        return answer
    if not isinstance(answer.taken, Filter):
        return Accepted(None, why=why)
    return _fewer(answer.taken, answer, server)


def _fewer(taken: Filter, answer: Accepted, server: Server) -> Accepted:
    """The conjuncts that the server has all operators for."""
    reasons = {t: _lacking(replace(taken, where=(t,)), server) for t in taken.where}
    kept = tuple(t for t in taken.where if not reasons[t])
    lost: tuple[Scalar, ...] = tuple(t for t in taken.where if reasons[t] and t not in answer.left)
    why = next(reason for reason in reasons.values() if reason)
    if not kept:
        return Accepted(None, why=why)
    return Accepted(replace(taken, where=kept), (*answer.left, *lost), answer.why or why)


def _lacking(rel: Rel, server: Server) -> str:
    if not any(isinstance(part, Scan) for part in walk.every_rel(rel)):
        return ""  # it reads nothing, so no server is asked
    return server.lack(features(adapted(compile_rel(rel).stages, server)))


# --- pipelines in older words --------------------------------------------------------------


def adapted(stages: Sequence[Mql], server: Server) -> tuple[Mql, ...]:
    """The pipeline with what the server lacks written otherwise, as far as that can be done."""
    if server.has_all:
        return tuple(stages)
    found: list[Mql] = []
    for stage in stages:
        if not isinstance(stage, dict):  # a limit that is not known yet
            found.append(stage)
        elif _is_a_row_added(stage) and not server.has(UNION_OF_NOTHING):
            (row,) = stage["$unionWith"]["pipeline"][0]["$documents"]
            found += _or_else(row)
        else:
            found.append({name: _body(name, body, server) for name, body in stage.items()})
    return tuple(found)


def _is_a_row_added(stage: Stage) -> bool:
    union = stage.get("$unionWith")
    if not isinstance(union, dict) or "coll" in union or len(union["pipeline"]) != 1:
        return False
    rows = union["pipeline"][0]["$documents"]
    return isinstance(rows, list) and len(rows) == 1


def _or_else(row: Mql) -> list[Stage]:
    """The first document, or `row` if there is none: $facet gives one whatever comes in."""
    first = {"$arrayElemAt": [f"${_ROWS}", 0]}
    return [
        {"$facet": {_ROWS: [{"$limit": 1}]}},
        {"$replaceRoot": {"newRoot": {"$ifNull": [first, row]}}},
    ]


def _body(name: str, body: Mql, server: Server) -> Mql:
    if name == "$facet":
        return {key: list(adapted(inner, server)) for key, inner in body.items()}
    if isinstance(body, dict) and "pipeline" in body:
        inner = list(adapted(body["pipeline"], server))
        rest = {k: v if k == "pipeline" else _written(v, server) for k, v in body.items()}
        body = {**rest, "pipeline": inner}
        both = name == "$lookup" and "localField" in body
        return _by_let(body) if both and not server.has(LOOKUP_BOTH) else body
    return _written(body, server)


def _by_let(body: Mapping[str, Mql]) -> Mql:
    """A $lookup by fields and pipeline with the equality inside the pipeline."""
    local, foreign = body["localField"], body["foreignField"]
    variables = {**body.get("let", {}), _KEY: {"$ifNull": [f"${local}", None]}}
    same = {"$match": {"$expr": {"$eq": [f"${foreign}", f"$${_KEY}"]}}}
    pipeline = [same, *body["pipeline"]]
    return {"from": body["from"], "let": variables, "pipeline": pipeline, "as": body["as"]}


def _written(expr: Mql, server: Server) -> Mql:
    """An expression, or the body of a stage, in the server's words."""
    if isinstance(expr, list):
        return [_written(part, server) for part in expr]
    if not isinstance(expr, dict) or "$literal" in expr:
        return expr
    made = {name: _written(value, server) for name, value in expr.items()}
    for name, (feature, write) in OTHERWISE.items():
        if name in made and not server.has(feature):
            return write(made[name])
    return made


# --- operators in older words --------------------------------------------------------------


def _if_null(args: Mql) -> Mql:
    first, *rest = args
    return first if not rest else {"$ifNull": [first, _if_null(rest)]}


def _get_field(args: Mql) -> Mql:
    def found(document: Mql) -> Mql:
        entries = {"$objectToArray": document}
        named = {"$filter": {"input": entries, "cond": {"$eq": ["$$this.k", args["field"]]}}}
        value = {"$arrayElemAt": [{"$map": {"input": named, "in": "$$this.v"}}, 0]}
        return cond({"$eq": [{"$type": document}, "object"]}, value, None)

    return let(found, args["input"])


_PARTS: tuple[tuple[str, str], ...] = (
    ("year", "$year"),
    ("month", "$month"),
    ("day", "$dayOfMonth"),
    ("hour", "$hour"),
    ("minute", "$minute"),
    ("second", "$second"),
    ("millisecond", "$millisecond"),
)


def _parts_to(unit: str, date: Mql) -> dict[str, Mql]:
    """The parts of a date down to `unit`."""
    last = [name for name, _ in _PARTS].index(unit)
    return {name: {operator: date} for name, operator in _PARTS[: last + 1]}


def _date_trunc(args: Mql) -> Mql:
    unit = args["unit"]

    def cut(date: Mql) -> Mql:
        if unit == "week":  # it begins on Monday, as the ISO week does
            parts = {"isoWeekYear": {"$isoWeekYear": date}, "isoWeek": {"$isoWeek": date}}
            return {"$dateFromParts": parts}
        if unit == "quarter":
            within = {"$mod": [{"$subtract": [{"$month": date}, 1]}, 3]}
            month = {"$subtract": [{"$month": date}, within]}
            return {"$dateFromParts": {"year": {"$year": date}, "month": month}}
        return {"$dateFromParts": _parts_to(unit, date)}

    return let(cut, args["date"])


def _date_add(args: Mql) -> Mql:
    start, amount = args["startDate"], args["amount"]
    if args["unit"] != "month":
        size = {"day": _DAY, "millisecond": 1}[args["unit"]]
        return {"$add": [start, amount if size == 1 else {"$multiply": [amount, size]}]}
    return let(_months_later, start, amount)


def _months_later(date: Mql, months: Mql) -> Mql:
    """The same day and time of another month, or that month's last day."""
    year: dict[str, Mql] = {"year": {"$year": date}}
    after = {"$add": [{"$month": date}, months, 1]}
    next_month = {"$dateFromParts": {**year, "month": after, "day": 1}}
    last = {"$dayOfMonth": {"$subtract": [next_month, _DAY]}}
    month = {"$add": [{"$month": date}, months]}
    day = {"$min": [{"$dayOfMonth": date}, last]}
    return {"$dateFromParts": {**_parts_to("millisecond", date), "month": month, "day": day}}


def _date_diff(args: Mql) -> Mql:
    """Between two midnights."""
    assert args["unit"] == "day"
    apart = {"$subtract": [args["endDate"], args["startDate"]]}
    return {"$toLong": {"$divide": [apart, _DAY]}}


OTHERWISE: dict[str, tuple[str, Callable[[Mql], Mql]]] = {
    "$ifNull": (IF_NULL_OF_MANY, _if_null),
    **{
        name: (name, write)
        for name, write in (
            ("$getField", _get_field),
            ("$dateTrunc", _date_trunc),
            ("$dateAdd", _date_add),
            ("$dateDiff", _date_diff),
        )
    },
}
