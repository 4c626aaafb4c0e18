"""When the driver may send a statement again: only if doing it twice is doing it once."""

from __future__ import annotations

from typing import Any

from cassandra.policies import RetryPolicy

Decision = tuple[int, Any]
MOST = 3  # attempts after the first; hosts are tried one after the other


class TruthfulRetryPolicy(RetryPolicy):  # type: ignore[misc]
    """The driver's own policy replays whatever failed on a connection error, idempotent or not
    (a counter can move twice). This one replays idempotent statements only, a few times."""

    def on_read_timeout(self, query: Any, *args: Any, retry_num: int, **facts: Any) -> Decision:
        # The coordinator lives: a replica that it waited for is gone, which all nodes learn after
        # a while. Always the next host, and in a small ring none would be left before that.
        decision, level = self._again(query, retry_num)
        again = decision == self.RETRY_NEXT_HOST and retry_num > 0
        return (self.RETRY if again else decision), level

    def on_write_timeout(self, query: Any, *args: Any, retry_num: int, **facts: Any) -> Decision:
        return self._again(query, retry_num)

    def on_unavailable(self, query: Any, *args: Any, retry_num: int, **facts: Any) -> Decision:
        # Nothing was done: another coordinator may know more live replicas.
        return (self.RETRY_NEXT_HOST if retry_num == 0 else self.RETHROW), None

    def on_request_error(
        self, query: Any, consistency: Any, error: Any, retry_num: int
    ) -> Decision:
        return self._again(query, retry_num)

    def _again(self, query: Any, retry_num: int) -> Decision:
        if getattr(query, "is_idempotent", False) and retry_num < MOST:
            return self.RETRY_NEXT_HOST, None
        return self.RETHROW, None
