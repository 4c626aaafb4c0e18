"""DuckDB macros for dates: PostgreSQL's intervals, and differences as other dialects count them."""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import REFUSED_SQL, raised

_STRIDE = raised("22008", "stride must be greater than zero", "TIMESTAMP")
_MONTHS = raised(
    "0A000", "timestamps cannot be binned into intervals containing months or years", "TIMESTAMP"
)
_ALL = raised("22008", "timestamp out of range", "TIMESTAMP")
_DAY = "86400000000"

MACROS = (
    # 'infinity', which DuckDB reads, has no Python value
    rf"""pg_finite(x) AS
        regexp_replace(x, '(?i)^(\s*[+-]?inf)', {REFUSED_SQL} || '\1')""",
    # centuries begin with the year 1: 2000 belongs to the one that began in 1901
    """pg_trunc_from_1(part, t) AS
        date_trunc(part, t - INTERVAL 1 YEAR) + INTERVAL 1 YEAR""",
    "pg_months(i) AS datepart('year', i) * 12 + datepart('month', i)",
    """pg_micros(i) AS
        datepart('hour', i) * 3600000000 + datepart('minute', i) * 60000000
        + datepart('microsecond', i)""",
    """pg_interval(months, days, micros) AS
        to_months(CAST(months AS INTEGER)) + to_days(CAST(days AS INTEGER))
        + to_microseconds(CAST(micros AS BIGINT))""",
    # days and the rest below a day, the rest of the same sign as the days
    f"""pg_carried(months, days, micros) AS
        CASE WHEN days > 0 AND micros < 0 THEN pg_interval(months, days - 1, micros + {_DAY})
             WHEN days < 0 AND micros > 0 THEN pg_interval(months, days + 1, micros - {_DAY})
             ELSE pg_interval(months, days, micros) END""",
    f"""pg_justify_hours(i) AS
        pg_carried(pg_months(i), datepart('day', i) + trunc(pg_micros(i) / {_DAY}),
                   pg_micros(i) % {_DAY})""",
    """pg_carried_days(months, days, micros) AS
        CASE WHEN months > 0 AND days < 0 THEN pg_interval(months - 1, days + 30, micros)
             WHEN months < 0 AND days > 0 THEN pg_interval(months + 1, days - 30, micros)
             ELSE pg_interval(months, days, micros) END""",
    """pg_justify_days(i) AS
        pg_carried_days(pg_months(i) + trunc(datepart('day', i) / 30), datepart('day', i) % 30,
                        pg_micros(i))""",
    """pg_carried_all(months, days, micros) AS
        CASE WHEN months > 0 AND (days < 0 OR (days = 0 AND micros < 0))
             THEN pg_carried(months - 1, days + 30, micros)
             WHEN months < 0 AND (days > 0 OR (days = 0 AND micros > 0))
             THEN pg_carried(months + 1, days - 30, micros)
             ELSE pg_carried(months, days, micros) END""",
    f"""pg_whole_days(i) AS datepart('day', i) + trunc(pg_micros(i) / {_DAY})""",
    f"""pg_justify_interval(i) AS
        pg_carried_all(pg_months(i) + trunc(pg_whole_days(i) / 30), pg_whole_days(i) % 30,
                       pg_micros(i) % {_DAY})""",
    f"""pg_date_bin(stride, t, origin) AS
        CASE WHEN stride IS NULL OR t IS NULL OR origin IS NULL THEN NULL
             WHEN pg_months(stride) <> 0 THEN {_MONTHS}
             WHEN datepart('day', stride) * {_DAY} + pg_micros(stride) <= 0 THEN {_STRIDE}
             ELSE time_bucket(to_microseconds(
                 CAST(datepart('day', stride) * {_DAY} + pg_micros(stride) AS BIGINT)), t, origin)
             END""",
    # half a microsecond goes to the even one, as in PostgreSQL
    f"""pg_to_timestamp(x) AS
        CASE WHEN x = 'Infinity'::DOUBLE OR x = '-Infinity'::DOUBLE OR isnan(x)
                  OR abs(x) > 9.2e12 THEN {_ALL}
             ELSE make_timestamp(CAST(floor(x) AS BIGINT) * 1000000
                                 + CAST(round_even((x - floor(x)) * 1000000, 0) AS BIGINT)) END""",
    # a UUID of version 1 counts 100 ns since 1582: the lowest digits first
    """cql_ticks(u) AS
        CAST('0x' || substr(u, 16, 3) || substr(u, 10, 4) || substr(u, 1, 8) AS BIGINT)""",
    """cql_timestamp(u) AS
        CASE WHEN substr(u, 15, 1) = '1'
             THEN make_timestamp((cql_ticks(u) // 10000 - 12219292800000) * 1000) END""",
    """pg_times(a, b) AS to_microseconds(epoch_us(a) - epoch_us(b))""",
    """pg_month_number(t) AS datepart('year', t) * 12 + datepart('month', t)""",
    """pg_within_month(t) AS
        CAST(datepart('day', t) - 1 AS BIGINT) * 86400000000 + epoch_us(CAST(t AS TIME))""",
    # a month is whole once the day and time of the first are reached again
    """pg_whole_months(a, b) AS
        pg_month_number(b) - pg_month_number(a)
        - CASE WHEN b > a AND pg_within_month(b) < pg_within_month(a) THEN 1
               WHEN b < a AND pg_within_month(b) > pg_within_month(a) THEN -1 ELSE 0 END""",
    """pg_months_between(a, b) AS
        pg_month_number(a) - pg_month_number(b)
        + CASE WHEN datepart('day', a) = datepart('day', b)
                    OR (CAST(a AS DATE) = last_day(a) AND CAST(b AS DATE) = last_day(b)) THEN 0e0
               ELSE (pg_within_month(a) - pg_within_month(b)) / 2678400000000e0 END""",
    """pg_add_months(d, n) AS
        CASE WHEN CAST(d AS DATE) = last_day(d)
             THEN d + to_months(CAST(n AS INTEGER))
                  + to_days(CAST(last_day(d + to_months(CAST(n AS INTEGER)))
                                 - CAST(d + to_months(CAST(n AS INTEGER)) AS DATE) AS INTEGER))
             ELSE d + to_months(CAST(n AS INTEGER)) END""",
    """pg_next_day(d, n) AS d + CAST((n - isodow(d) + 6) % 7 + 1 AS INTEGER)""",
)
