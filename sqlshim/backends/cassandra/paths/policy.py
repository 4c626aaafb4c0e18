"""The price of a whole-ring scan: allowed, warned of, or refused, by `full_scan`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.backends.cassandra.catalog import SAI_VECTOR
from sqlshim.backends.cassandra.compile import CqlQuery
from sqlshim.backends.protocol import FullScan, RunContext
from sqlshim.catalog.model import Table
from sqlshim.errors import OperationalError


def consult(query: CqlQuery, context: RunContext) -> None:
    """Before a query is sent: refuse or warn if it may read every row of its table."""
    if not query.scans_ring or context.full_scan is FullScan.ALLOW:
        return
    message = f"this reads every row of {query.table.full_name!r} (a scan of the whole ring)"
    if context.full_scan is FullScan.FORBID:
        raise OperationalError(
            f"{message}, which full_scan='forbid' refuses",
            sqlstate="54000",
            hint=what_would_answer(query.table),
        )
    first = query.token_range is None or query.token_range[0] == -(2**63)
    if first:
        context.warn(f"{message}; {what_would_answer(query.table)}")


def what_would_answer(table: Table) -> str:
    """Which columns a condition must name to be answered by key or index."""
    if any(table.column(name).hidden for name in table.partition_key):
        clause = "make the table with a PRIMARY KEY and restrict that"
    else:
        clause = f"restrict the partition key ({_listed(table.partition_key)}) by = or IN"
    known = [i for i in table.indexes if i.columns and not i.kind.startswith(SAI_VECTOR)]
    indexed = sorted({i.columns[0][0] for i in known})
    if indexed:
        clause = f"{clause}, or an indexed column ({_listed(indexed)})"
    for view in table.views:
        key = _listed(view.partition_key)
        clause = f"{clause}, or ask the view {view.name} by {key} (or connect with views=true)"
    if indexed or table.views:
        return clause
    return f"{clause}, or create an index (USING 'sai') on the column that is compared"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
