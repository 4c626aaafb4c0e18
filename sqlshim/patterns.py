"""PostgreSQL's regular expressions as RE2 writes them; called by `regex_functions` for
constants, by the local engine for the rest.

Only what both understand alike, for the question whether a text matches; which part of it matches
is the business of `pattern_spans`. What RE2 cannot do (back
references, lookaround) or does differently (word boundaries) is refused.
"""

from __future__ import annotations

import re

from sqlshim.errors import DataError, NotSupportedError

_INSIDE = {"d": "0-9", "w": r"\p{L}\p{N}_", "s": r" \t\n\r\f\v"}
_CLASSES = {
    "alpha": r"\p{L}", "alnum": r"\p{L}\p{N}", "lower": r"\p{Ll}", "upper": r"\p{Lu}",
    "digit": "0-9", "space": _INSIDE["s"], "xdigit": "0-9A-Fa-f", "blank": r" \t",
}  # fmt: skip
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\[:[a-z]+:\]|\\.|[^\]\[\\])*\]|\(\?:|\(\?|[*+?]\??|\{\d+(?:,\d*)?\}\??|.",
    re.DOTALL,
)


def re2(pattern: str, ignore_case: bool = False) -> str:
    """`pattern` in RE2's form. NotSupportedError for what it has no equal form of."""
    if pattern.startswith("***"):
        raise _refused(pattern, "***")
    depth = 0
    out = ["(?si)" if ignore_case else "(?s)"]
    repeated = True  # nothing stands before that could be repeated
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        repeats = token[0] in "*+?" or (token[0] == "{" and len(token) > 1)
        depth += (token in ("(", "(?:")) - (token == ")")
        if depth < 0 or token == "[":
            raise _invalid("parentheses" if depth < 0 else "brackets")
        if repeats and token[0] == "{":
            _check_counts(token)
        if repeats and repeated and token[0] in "*+?":
            raise _invalid("quantifier operand invalid")
        if (repeats and repeated) or token in ("(?", "[", "{"):
            raise _refused(pattern, token)
        repeated = repeats or token in ("(", "(?:", "|", "^", "$")
        out.append(_translate(pattern, token))
    if depth:
        raise _invalid("parentheses")
    return "".join(out)


def _invalid(what: str) -> DataError:
    shown = {"parentheses": "parentheses () not balanced", "brackets": "brackets [] not balanced"}
    return DataError(f"invalid regular expression: {shown.get(what, what)}", sqlstate="2201B")


def _check_counts(token: str) -> None:
    low, _, high = token.rstrip("?")[1:-1].partition(",")
    if (high and int(high) < int(low)) or int(high or low) > 255:
        raise _invalid("invalid repetition count(s)")


def _translate(pattern: str, token: str) -> str:
    if token[0] == "\\":
        return _escape(pattern, token)
    return _bracket(pattern, token) if token[0] == "[" else token


def _escape(pattern: str, token: str) -> str:
    letter = token[1:]
    if letter in _INSIDE:
        return f"[{_INSIDE[letter]}]"
    if letter and letter.lower() in _INSIDE:
        return f"[^{_INSIDE[letter.lower()]}]"
    if not letter or (letter.isalnum() and letter not in "tnrfv"):
        raise _refused(pattern, token)
    return token


def _bracket(pattern: str, token: str) -> str:
    start = 2 if token.startswith("[^") else 1
    out, inside = [token[:start]], token[start:-1]
    for low, high in re.findall(r"([^\\\]\[])-([^\\\]\[])", inside):
        if low > high:
            raise _invalid("invalid character range")
    for part in re.findall(r"\[:[a-z]+:\]|\\.|.", inside, re.DOTALL):
        if part.startswith("[:"):
            if part[2:-2] not in _CLASSES:
                raise _refused(pattern, part)
            out.append(_CLASSES[part[2:-2]])
        elif part.startswith("\\") and part[1] in _INSIDE:
            out.append(_INSIDE[part[1]])
        elif part.startswith("\\"):
            out.append(_escape(pattern, part))
        else:
            out.append("\\]" if part == "]" else part)
    return "".join(out) + "]"


def _refused(pattern: str, what: str) -> NotSupportedError:
    return NotSupportedError(
        f"{what!r} in the regular expression {pattern!r} is not supported",
        hint="Back references, lookaround and word boundaries have no form that all stores share.",
    )


def similar(pattern: str, escape: str) -> str:
    """A pattern of SIMILAR TO as a POSIX one: % and _ are wild, the whole text must match."""
    out, inside, chars = [], False, iter(pattern)
    for char in chars:
        if char == escape:
            after = next(chars, None)
            if after is None:
                raise DataError("invalid escape sequence", sqlstate="22025")
            out.append(after if after.isalnum() else "\\" + after)
        elif inside:
            inside = char != "]"
            out.append("\\\\" if char == "\\" else char)
        else:
            inside = char == "["
            out.append(_SIMILAR.get(char, char))
    return f"^(?:{''.join(out)})$"


_SIMILAR = {"%": ".*", "_": ".", "(": "(?:", ".": "\\.", "^": "\\^", "$": "\\$", "\\": "\\\\"}


def replacement(new: str, groups: int) -> str:
    r"""PostgreSQL's \&, \1 and \\ as RE2 has them; other backslashes are themselves."""

    def one(found: re.Match[str]) -> str:
        after = found[1]
        if after == "&":
            return r"\0"
        if after.isdigit() and after != "0":
            return found[0] if int(after) <= groups else ""
        return r"\\" if after in ("\\", "") else r"\\" + after

    return re.sub(r"\\(.?)", one, new, flags=re.DOTALL)
