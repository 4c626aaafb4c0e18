"""PostgreSQL's regular expressions as RE2 writes them; called by `special_more`.

Only what both understand alike, for the question whether a text matches. What RE2 cannot do (back
references, lookaround) or does differently (word boundaries) is refused.
"""

from __future__ import annotations

import re

from sqlshim.errors import NotSupportedError

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
    out = ["(?si)" if ignore_case else "(?s)"]
    repeated = True  # nothing stands before that could be repeated
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        repeats = token[0] in "*+?" or (token[0] == "{" and len(token) > 1)
        if (repeats and repeated) or token in ("(?", "[", "{"):
            raise _refused(pattern, token)
        repeated = repeats or token in ("(", "(?:", "|", "^", "$")
        out.append(_translate(pattern, token))
    return "".join(out)


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
