"""JSON text: its parts, its shape, and how it is made of values. See `model`.

Paths are chains of steps (`bind/json`); an object has its keys as they stand in the text.
"""

from __future__ import annotations

from sqlshim.functions.model import (
    A_BOOL,
    A_TEXT,
    ANY,
    INT,
    NullResult,
    Want,
    own_nulls,
    scalar,
    sig,
)
from sqlshim.types import BOOLEAN, INTEGER, JSON, TEXT, Kind, array, struct

A_JSON = Want("json", frozenset({Kind.JSON}), JSON, frozenset({Kind.TEXT}))

A_PATH = Want("array", frozenset({Kind.ARRAY}))
_JSON_AND_TEXT = sig(A_JSON, A_TEXT, gives=JSON)
_JSON_AND_PATH = sig(A_JSON, A_PATH, gives=JSON)

JSON_GET = own_nulls(
    "JSON_GET",
    "the value of a key; NULL where there is none, or no object",
    NullResult.ALWAYS,
    sig(A_JSON, A_TEXT, gives=JSON),
    symbol="->",
)
JSON_AT = own_nulls(
    "JSON_AT",
    "the element of an array at a place, counted from 0, or from -1 backwards",
    NullResult.ALWAYS,
    sig(A_JSON, INT, gives=JSON),
    symbol="->",
)
JSON_STEP = own_nulls(
    "JSON_STEP",
    "the value of a key, or the element of an array at a place written as text",
    NullResult.ALWAYS,
    sig(A_JSON, A_TEXT, gives=JSON),
    symbol="#>",
)
JSON_TEXT = own_nulls(
    "JSON_TEXT",
    "a JSON string as text, any other value as JSON text; NULL of null",
    NullResult.ALWAYS,
    sig(A_JSON, gives=TEXT),
    symbol="->>",
)
JSON_HAS_KEY = scalar(
    "JSON_HAS_KEY",
    "whether an object has a key, or an array such a string",
    sig(A_JSON, A_TEXT, gives=BOOLEAN),
    symbol="?",
)
JSON_ARRAY_LENGTH = scalar(
    "JSON_ARRAY_LENGTH", "how many elements a JSON array has", sig(A_JSON, gives=INTEGER)
)
JSON_TYPEOF = scalar(
    "JSON_TYPEOF",
    "object, array, string, number, boolean or null",
    sig(A_JSON, gives=TEXT),
)
JSON_ELEMENTS = scalar(
    "JSON_ELEMENTS", "the elements of a JSON array", sig(A_JSON, gives=array(JSON))
)
JSON_ELEMENTS_TEXT = scalar(
    "JSON_ELEMENTS_TEXT",
    "JSON values as texts, as ->> makes them",
    sig(Want("array", frozenset({Kind.ARRAY})), gives=array(TEXT)),
)
JSON_ENTRIES = scalar(
    "JSON_ENTRIES",
    "the keys and values of a JSON object, as an array of structs",
    sig(A_JSON, gives=array(struct((("key", TEXT), ("value", JSON))))),
)
JSON_ENTRIES_TEXT = scalar(
    "JSON_ENTRIES_TEXT",
    "the same with the values as texts",
    sig(A_JSON, gives=array(struct((("key", TEXT), ("value", TEXT))))),
)
JSONB = scalar(
    "JSONB", "JSON text as jsonb keeps it: each key once, in jsonb's order", sig(A_JSON, gives=JSON)
)
JSONB_CONTAINS = scalar(
    "JSONB_CONTAINS",
    "whether the first JSON value has all that the second one has, at the same places",
    sig(A_JSON, A_JSON, gives=BOOLEAN),
)
JSONB_COMPARABLE = scalar(
    "JSONB_COMPARABLE",
    "a text that is equal where JSON values are equal",
    sig(A_JSON, gives=TEXT),
)
JSONB_CONCAT = scalar(
    "JSONB_CONCAT", "a || b: merged objects, or joined arrays", sig(A_JSON, A_JSON, gives=JSON)
)
JSONB_DELETE = scalar(
    "JSONB_DELETE", "json - text: without a key, or without such strings", _JSON_AND_TEXT
)
JSONB_DELETE_AT = scalar(
    "JSONB_DELETE_AT", "json - integer: without an element", sig(A_JSON, INT, gives=JSON)
)
JSONB_DELETE_KEYS = scalar("JSONB_DELETE_KEYS", "json - text[]: without these keys", _JSON_AND_PATH)
JSONB_DELETE_PATH = scalar(
    "JSONB_DELETE_PATH", "json #- path: without what is at the path", _JSON_AND_PATH
)
JSONB_SET = scalar(
    "JSONB_SET",
    "with another value at a path; fourth: whether a missing key is added (TRUE)",
    sig(A_JSON, A_PATH, A_JSON, A_BOOL, gives=JSON),
)
JSONB_INSERT = scalar(
    "JSONB_INSERT",
    "with a value before an element, or at a new key; fourth: after it (FALSE)",
    sig(A_JSON, A_PATH, A_JSON, A_BOOL, gives=JSON),
)
JSON_STRIP_NULLS = scalar(
    "JSON_STRIP_NULLS", "without the keys whose value is null", sig(A_JSON, gives=JSON)
)
JSONB_PRETTY = scalar(
    "JSONB_PRETTY", "JSON text with a line for each part", sig(A_JSON, gives=TEXT)
)
JSONB_EXISTS_ANY = scalar(
    "JSONB_EXISTS_ANY",
    "whether one of these is a key, or a string of the array",
    sig(A_JSON, A_PATH, gives=BOOLEAN),
)
JSONB_EXISTS_ALL = scalar(
    "JSONB_EXISTS_ALL",
    "whether all of these are keys, or strings of the array",
    sig(A_JSON, A_PATH, gives=BOOLEAN),
)
JSON_KEYS = scalar("JSON_KEYS", "the keys of a JSON object", sig(A_JSON, gives=array(TEXT)))
TO_JSON = scalar("TO_JSON", "a value as JSON", sig(ANY, gives=JSON))
_PATH = sig(A_JSON, A_TEXT, A_JSON, A_BOOL, gives=JSON)
_PATH_TEST = sig(A_JSON, A_TEXT, A_JSON, A_BOOL, gives=BOOLEAN)
JSONB_PATH_QUERY_ARRAY = own_nulls(
    "JSONB_PATH_QUERY_ARRAY",
    "all that a path finds, with its variables; TRUE makes errors nothing",
    NullResult.ALWAYS,
    _PATH,
)
JSONB_PATH_QUERY_FIRST = own_nulls(
    "JSONB_PATH_QUERY_FIRST", "the first that a path finds", NullResult.ALWAYS, _PATH
)
JSONB_PATH_EXISTS = own_nulls(
    "JSONB_PATH_EXISTS",
    "whether a path finds something (`json @? path`)",
    NullResult.ALWAYS,
    _PATH_TEST,
)
JSONB_PATH_MATCH = own_nulls(
    "JSONB_PATH_MATCH",
    "the boolean that a path gives (`json @@ path`)",
    NullResult.ALWAYS,
    _PATH_TEST,
)
JSON_VALID = scalar("JSON_VALID", "whether a text is JSON", sig(A_TEXT, gives=BOOLEAN))
JSON_BUILD_OBJECT = own_nulls(
    "JSON_BUILD_OBJECT",
    "a JSON object of keys and values in turn",
    NullResult.NEVER,
    sig(ANY, gives=JSON, variadic=True),
)
JSONB_BUILD_OBJECT = own_nulls(
    "JSONB_BUILD_OBJECT",
    "the same with each key once, and the short ones first",
    NullResult.NEVER,
    sig(ANY, gives=JSON, variadic=True),
)
JSON_BUILD_ARRAY = own_nulls(
    "JSON_BUILD_ARRAY",
    "a JSON array of these values",
    NullResult.NEVER,
    sig(ANY, gives=JSON, variadic=True),
)
