"""Macros on JSON text: the values of one type in a field whose type varies (extended JSON)."""

from __future__ import annotations

MACROS = (
    """pg_read_text(v) AS
        CASE json_type(v) WHEN 'VARCHAR' THEN json_extract_string(v, '$')
             WHEN 'OBJECT' THEN json_extract_string(v, '/$oid') END""",
    """pg_read_double(v) AS
        CASE WHEN json_type(v) IN ('UBIGINT', 'BIGINT', 'DOUBLE')
             THEN TRY_CAST(json_extract_string(v, '$') AS DOUBLE)
             WHEN json_type(v) = 'OBJECT'
             THEN TRY_CAST(coalesce(json_extract_string(v, '/$numberDecimal'),
                                    json_extract_string(v, '/$numberDouble')) AS DOUBLE) END""",
    """pg_read_boolean(v) AS CASE json_type(v) WHEN 'BOOLEAN' THEN v = 'true' END""",
    """pg_read_timestamp(v) AS
        CASE json_type(v) WHEN 'OBJECT'
             THEN TRY_CAST(json_extract_string(v, '/$date') AS TIMESTAMP) END""",
)
