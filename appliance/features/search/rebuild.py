"""The index made anew from the tables, beside the one that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from appliance.engines.database.protocol import Database
from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.documents import DocumentMaker
from appliance.features.search.pacing import slices
from appliance.records.records import Records
from appliance.records.tables import Row, Table

Progress = Callable[[int, int], None]
BATCH = 500
COMMIT = 50_000
"""Documents between two commits: what is not committed keeps a note in memory for each document: 338 MB after
250,000 of them without a commit, 156 MB with."""


def rebuild(
    database: Database,
    records: Records,
    engine: SearchEngine,
    progress: Progress,
    switching: AbstractContextManager[object],
) -> int:
    """Index every record of every entity and return how many there were. `progress(done, total)` is called between
    batches; what it raises ends the rebuild, and the old index stays. `switching` is held while the new one takes over.

    Raises Conflict while another rebuild is under way and Unavailable where the index cannot be written."""
    with engine.rebuild() as fresh:
        # The position first: what is committed from now on is read by the follower again, twice does no harm.
        position = records.log.last()
        tables = list(records.refresh().tables.values())
        done, total = 0, sum(database.rows(f'SELECT count(*) FROM "{t.entity.table}"')[0][0] for t in tables)
        progress(done, total)
        for table in tables:
            maker = DocumentMaker(table)
            for rows in pages(database, table):
                for part in slices(rows):
                    fresh.put([maker.make(row) for row in part])
                done += len(rows)
                progress(done, max(total, done))
                if done // COMMIT > (done - len(rows)) // COMMIT:
                    fresh.commit(0)
        fresh.commit(position)
        with switching:
            fresh.switch()
        return done


def pages(database: Database, table: Table, after: int = 0, size: int = BATCH) -> Iterator[list[Row]]:
    """All rows of a table in the order of their ids, some at a time."""
    while rows := page(database, table, after, size):
        yield rows
        after = rows[-1][0]


def page(database: Database, table: Table, after: int, size: int) -> list[Row]:
    """The next rows behind an id."""
    select = table.select_sql.rpartition(" WHERE ")[0]
    return database.rows(select + database.sql(' WHERE "id" > ? ORDER BY "id" LIMIT ?'), (after, size))
