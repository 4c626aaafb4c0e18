"""What servers can do, as data: by version, and by what an emulator lacks.

`SINCE` says since which version MongoDB has each operator, stage and option; every one that the
backend can emit is in it (a test walks them all). `server_of` reads a server's answers to `hello`
and `buildInfo`; `Server.lack` says what of a pipeline a server does not know. Asked by `ages`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlshim.backends.mongo.expressions.mql import Mql

Version = tuple[int, int]
OLDEST: Version = (4, 4)  # the driver talks to no older server
NEVER: Version = (999, 0)

# Features that are no operators by themselves.
LOOKUP_BOTH = "$lookup with localField and pipeline"
LOOKUP_PIPELINE = "$lookup with a pipeline"
UNION_OF_NOTHING = "$unionWith of no collection"
IF_NULL_OF_MANY = "$ifNull of more than two"
COMPUTED = "expression"
HINT = "hint"

_WORDS: dict[Version, str] = {
    (3, 6): """
        $match $project $group $sort $skip $limit $unwind $lookup $addFields $replaceRoot $count
        $facet $sample $graphLookup $bucket $bucketAuto $sortByCount $redact $currentOp
        $eq $ne $gt $gte $lt $lte $in $nin $and $or $not $nor $exists $type $regex $options $all
        $elemMatch $size $mod $expr $jsonSchema $natural $meta $slice
        $abs $add $ceil $divide $exp $floor $ln $log $log10 $multiply $pow $sqrt $subtract
        $arrayElemAt $arrayToObject $concatArrays $filter $indexOfArray $isArray $map
        $objectToArray $range $reduce $reverseArray $zip $mergeObjects
        $cmp $cond $ifNull $switch $let $literal
        $dateFromParts $dateFromString $dateToParts $dateToString $dayOfMonth $dayOfWeek $dayOfYear
        $hour $isoDayOfWeek $isoWeek $isoWeekYear $millisecond $minute $month $second $week $year
        $allElementsTrue $anyElementTrue $setDifference $setEquals $setIntersection $setIsSubset
        $setUnion
        $concat $indexOfBytes $indexOfCP $split $strcasecmp $strLenBytes $strLenCP $substr
        $substrBytes $substrCP $toLower $toUpper
        $addToSet $avg $first $last $max $min $push $stdDevPop $stdDevSamp $sum""",
    (4, 0): """
        $convert $toBool $toDate $toDecimal $toDouble $toInt $toLong $toObjectId $toString
        $ltrim $rtrim $trim""",
    (4, 2): """
        $set $unset $replaceWith $merge $round $trunc $regexMatch $regexFind $regexFindAll
        $sin $cos $tan $asin $acos $atan $atan2 $asinh $acosh $atanh
        $degreesToRadians $radiansToDegrees""",
    (4, 4): """
        $unionWith $replaceOne $replaceAll $isNumber $binarySize $bsonSize $rand $sinh $cosh
        $tanh""",
    (5, 0): """
        $setWindowFields $dateAdd $dateSubtract $dateDiff $dateTrunc $getField $setField
        $unsetField $rank $denseRank $documentNumber $shift $covariancePop $covarianceSamp
        $expMovingAvg $derivative $integral""",
    (5, 1): "$documents $densify",
    (5, 2): """
        $sortArray $topN $top $bottomN $bottom $firstN $lastN $maxN $minN $locf""",
    (5, 3): "$fill $linearFill",
    (6, 3): "$bitAnd $bitOr $bitXor $bitNot",
    (7, 0): "$median $percentile",
    (8, 0): "$toUUID",
}
SINCE: dict[str, Version] = {
    **{name: since for since, names in _WORDS.items() for name in names.split()},
    LOOKUP_BOTH: (5, 0),
    LOOKUP_PIPELINE: (3, 6),
    UNION_OF_NOTHING: (6, 0),
    IF_NULL_OF_MANY: (5, 0),
    COMPUTED: (3, 6),
    HINT: (3, 6),
}
# hello's maxWireVersion, where buildInfo is not to be had
_WIRE: dict[int, Version] = {
    9: (4, 4), 13: (5, 0), 14: (5, 1), 15: (5, 2), 16: (5, 3), 17: (6, 0), 18: (6, 1),
    19: (6, 2), 20: (6, 3), 21: (7, 0), 22: (7, 1), 23: (7, 2), 24: (7, 3), 25: (8, 0),
    26: (8, 1), 27: (8, 2),
}  # fmt: skip


@dataclass(frozen=True)
class Emulator:
    """A server that speaks MongoDB's protocol and is none.

    It is believed to have what MongoDB had in `like`, whatever version it claims, but for what it
    `lacks` (with its own version that has it). What is not known of it for sure is lacking: that
    is slower, never wrong.
    """

    name: str
    is_told_by: Callable[[Mapping[str, Any], str], bool]
    like: Version
    lacks: Mapping[str, Version] = field(default_factory=dict)


def _lacks(names: str, until: Version = NEVER) -> dict[str, Version]:
    return dict.fromkeys(names.split(), until)


_EXTENSION = {**_lacks("$documents $setWindowFields"), UNION_OF_NOTHING: NEVER}


EMULATORS = (
    # 1.x knows a handful of stages, two accumulators and hardly an expression.
    Emulator(
        "FerretDB 1",
        lambda info, hosts: "ferretdbVersion" in info or _own_version(info) < (2, 0),
        (3, 6),
        {
            **_lacks("$expr $lookup $facet $replaceRoot $graphLookup $redact $bucket $zip $slice"),
            **_lacks("$avg $min $max $first $last $push $addToSet $stdDevPop $stdDevSamp"),
            **dict.fromkeys((COMPUTED, LOOKUP_PIPELINE, HINT), NEVER),
        },
    ),
    # 2.x stands on the PostgreSQL extension that Azure offers too.
    Emulator("FerretDB", lambda info, hosts: "ferretdb" in info, (7, 0), _EXTENSION),
    Emulator(
        "Azure DocumentDB",
        lambda info, hosts: bool(re.search(r"\.mongocluster\.cosmos\.azure\.com\b", hosts)),
        (7, 0),
        _EXTENSION,
    ),
    Emulator(
        "Azure Cosmos DB",
        lambda info, hosts: "_t" in info or bool(re.search(r"\.cosmos\.azure\.com\b", hosts)),
        (4, 2),
        dict.fromkeys((LOOKUP_PIPELINE, HINT), NEVER),
    ),
    Emulator(
        "Amazon DocumentDB",
        lambda info, hosts: bool(re.search(r"docdb(-elastic)?\.amazonaws\.com\b", hosts)),
        (4, 2),
        {
            **_lacks("$expr $switch $round $trunc $pow $ltrim $rtrim $trim $regexMatch"),
            **_lacks("$dateFromParts $sin $cos $tan $asin $acos $atan"),
            **_lacks("$degreesToRadians $radiansToDegrees"),
            **_lacks("$facet $stdDevPop $stdDevSamp", (8, 0)),
            LOOKUP_PIPELINE: NEVER,
        },
    ),
)


def _own_version(info: Mapping[str, Any]) -> Version:
    """The emulator's own version where buildInfo tells it."""
    own = info.get("ferretdb")
    return _version(own.get("version")) if isinstance(own, Mapping) else NEVER


def _version(text: object) -> Version:
    found = re.match(r"v?(\d+)\.(\d+)", str(text))
    return (int(found[1]), int(found[2])) if found else NEVER


# --- a server ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """What a server says it is. `version` is the one it claims, of MongoDB's."""

    version: Version = NEVER
    emulator: Emulator | None = None

    @property
    def has_all(self) -> bool:
        """Whether it is MongoDB and new enough for everything that is ever emitted."""
        return self.emulator is None and self.version >= EMITTED

    def lack(self, features: Iterable[str]) -> str:
        """Why it cannot do all of `features`; "" if it can."""
        missing = [(self._since(name), name) for name in features if not self.has(name)]
        if not missing:
            return ""
        if self.emulator is not None:
            return f"{self.emulator.name} has no {min(name for _, name in missing)}"
        (major, minor), name = max(missing)
        return f"{name} needs MongoDB {major}.{minor}"

    def has(self, name: str) -> bool:
        """Whether it knows an operator, stage or option; one that is in no table it has not."""
        if self.emulator is None:
            return self._since(name) <= self.version
        lacking = self.emulator.lacks.get(name)
        known = self._since(name) <= self.emulator.like if lacking is None else False
        return known or (lacking is not None and lacking <= self.version)

    def _since(self, name: str) -> Version:
        return SINCE.get(name, NEVER)


EMITTED: Version = (6, 0)  # no pipeline of ours needs more: a server that has it is not checked
NEWEST = Server()


def server_of(hello: Mapping[str, Any], info: Mapping[str, Any], hosts: str) -> Server:
    """The server that answers so to `hello` and `buildInfo` (empty, if it answered none)."""
    version = _version(info.get("version"))
    if version == NEVER:
        wire = int(hello.get("maxWireVersion", 0))
        version = max((v for w, v in _WIRE.items() if w <= wire), default=OLDEST)
    for emulator in EMULATORS:
        if emulator.is_told_by(info, hosts):
            return Server(version, emulator)
    return Server(version)


def named(text: str) -> Server:
    """The server a text names: "4.4", or an emulator and its version: "FerretDB 2.0"."""
    name, _, version = text.rpartition(" ")
    emulator = next((e for e in EMULATORS if e.name == name), None)
    return Server(_version(version), emulator)


# --- what a pipeline needs -----------------------------------------------------------------

_STAGES_WITH_PIPELINE = frozenset({"$lookup", "$unionWith"})
_ACCUMULATING = frozenset({"$group", "$setWindowFields"})


def features(stages: Sequence[Mql]) -> frozenset[str]:
    """Every operator, stage and option that a pipeline uses."""
    return frozenset(found for stage in stages for found in _of_stage(stage))


def _of_stage(stage: Mql) -> Iterator[str]:
    if not isinstance(stage, dict):  # a limit that is not known yet
        return
    for name, body in stage.items():
        yield name
        if name == "$match":
            yield from _of_query(body)
        elif name in _STAGES_WITH_PIPELINE:
            yield from _of_joining(name, body)
        elif name == "$facet":
            yield from (found for inner in body.values() for found in features(inner))
        elif name in _ACCUMULATING:
            yield from _of_accumulators(name, body)
        elif name != "$unwind":  # whose paths are no expressions
            yield from _of_expression(body)


def _of_joining(name: str, body: Mapping[str, Mql]) -> Iterator[str]:
    yield from _of_expression(body.get("let", {}))
    if "pipeline" in body:
        yield from features(body["pipeline"])
    if name == "$unionWith" and "coll" not in body:
        yield UNION_OF_NOTHING
    if name == "$lookup" and "pipeline" in body:
        yield LOOKUP_PIPELINE
        if "localField" in body:
            yield LOOKUP_BOTH


def _of_accumulators(name: str, body: Mapping[str, Mql]) -> Iterator[str]:
    made = body.get("output", {}) if name == "$setWindowFields" else body
    yield from _of_expression(body.get("_id" if name == "$group" else "partitionBy"))
    for field_name, accumulator in made.items():
        if name == "$group" and field_name == "_id":
            continue
        for operator, argument in accumulator.items():
            if operator != "window":
                yield operator
                yield from _of_expression(argument)


def _of_query(query: Mql) -> Iterator[str]:
    """The operators of a $match, in which those of expressions stand under $expr."""
    if isinstance(query, dict):
        for name, value in query.items():
            if name.startswith("$"):
                yield name
            yield from _of_expression(value) if name == "$expr" else _of_query(value)
    elif isinstance(query, list):
        for part in query:
            yield from _of_query(part)


def _of_expression(expr: Mql) -> Iterator[str]:
    if isinstance(expr, list):
        for part in expr:
            yield from _of_expression(part)
    elif isinstance(expr, dict):
        for name, value in expr.items():
            if name == "$literal":
                yield name
                continue
            if name.startswith("$"):
                yield name
                yield COMPUTED
            if name == "$ifNull" and len(value) > 2:
                yield IF_NULL_OF_MANY
            yield from _of_expression(value)
