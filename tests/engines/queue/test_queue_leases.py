"""The queue in the database: nothing leaves it before it is acknowledged."""

from __future__ import annotations

import time

import pytest
from huey.storage import BaseStorage

from appliance.engines.queue import owner
from appliance.engines.queue.database import DatabaseQueue


@pytest.fixture
def queue(database):
    return DatabaseQueue(database)


def test_a_claimed_message_is_still_there_until_it_is_acknowledged(queue):
    queue.put(b"one")
    delivery = queue.claim()
    assert delivery.message == b"one" and delivery.number == 1
    assert queue.claim() is None
    assert queue.depth()["leased"] == 1
    assert queue.acknowledge(delivery)
    assert sum(queue.depth().values()) == 0


def test_higher_priority_goes_first_and_equals_in_order_of_arrival(queue):
    for name, priority in ((b"a", 0), (b"b", 5), (b"c", 0), (b"d", -1), (b"e", 5)):
        queue.put(name, priority=priority)
    assert [queue.claim().message for _ in range(5)] == [b"b", b"e", b"a", b"c", b"d"]


def test_a_message_rolled_back_with_its_transaction_was_never_sent(database, queue):
    with pytest.raises(RuntimeError), database.write():
        queue.put(b"gone")
        raise RuntimeError
    assert not queue.ready() and queue.claim() is None


def test_an_expired_lease_goes_to_somebody_else_and_the_first_holder_cannot_acknowledge(database):
    hasty, other = DatabaseQueue(database, lease=0.0), DatabaseQueue(database)
    hasty.put(b"slow")
    first = hasty.claim()
    assert other.promote() == 1
    second = other.claim()
    assert second.number == 2
    # The same process holds both leases: it is the number that tells them apart.
    assert not hasty.acknowledge(first) and not hasty.release(first)
    assert other.acknowledge(second)


def test_a_renewed_lease_is_not_taken_away(database):
    queue, other = DatabaseQueue(database, lease=0.05), DatabaseQueue(database)
    queue.put(b"long")
    delivery = queue.claim()
    queue.lease = 60.0
    queue.renew()
    time.sleep(0.06)
    assert other.promote() == 0
    queue.forget(delivery)
    assert queue.acknowledge(delivery)


def test_released_messages_come_back_without_counting_as_a_delivery(queue):
    queue.put(b"again")
    assert queue.release(queue.claim())
    assert queue.claim().number == 1


def test_leases_of_a_dead_process_are_freed_at_start_and_those_of_a_living_one_are_not(database, queue):
    queue.put(b"one")
    queue.put(b"two")
    queue.claim()
    dead = queue.claim()
    host, _, _ = owner.me().rsplit(":", 2)
    # Our own number with another mark: what a restarted container sees, where every process is number 1.
    before = ":".join([host, owner.me().rsplit(":", 2)[1], "another mark"])
    database.run(database.sql("UPDATE ingot_task SET owner = ? WHERE id = ?"), (before, dead.id))
    assert DatabaseQueue(database).recover() == 1
    assert queue.claim().message == b"two"


def test_of_a_process_on_another_machine_we_do_not_presume_that_it_is_gone():
    assert not owner.gone("elsewhere:1:mark")
    assert not owner.gone(owner.me())


def test_what_is_due_later_is_not_handed_out_before(queue):
    queue.put(b"tomorrow", due=time.time() + 86400)
    queue.put(b"just now", due=time.time() - 1)
    assert queue.claim() is None
    assert queue.promote() == 1
    assert queue.claim().message == b"just now"
    assert queue.depth()["scheduled"] == 1


def test_a_lane_is_served_alone(queue):
    queue.put(b"big", lane="imports", priority=9)
    queue.put(b"small")
    assert queue.ready(("default",)) and not queue.ready(("mail",))
    assert queue.claim(("default",)).message == b"small"
    assert queue.claim(("default",)) is None
    assert queue.claim().message == b"big"


def test_the_bell_wakes_whoever_listened_before_it_rang(queue):
    heard = queue.rings()
    queue.put(b"x")
    started = time.monotonic()
    queue.wait(heard, 30)
    assert time.monotonic() - started < 10


def test_the_queue_keeps_hueys_storage_contract(queue):
    assert isinstance(queue, BaseStorage)
    queue.enqueue(b"a", priority=2)
    queue.enqueue(b"b")
    assert queue.queue_size() == 2 and queue.enqueued_items() == [b"a", b"b"] and queue.enqueued_items(1) == [b"a"]
    assert queue.schedule_size() == 0 and queue.scheduled_items() == []


@pytest.mark.parametrize("lanes", [None, ("default",)])
def test_a_claim_among_ten_thousand_reads_its_index_alone(database, queue, lanes):
    with database.write():
        database.many(queue._put, [(0, n % 3, n, "default", 0, b"{}") for n in range(10_000)])
    index = "ingot_task_lane" if lanes else "ingot_task_next"
    following = queue._statements(lanes)[0].replace(database.peewee.param, "'default'")
    if database.dialect == "sqlite":
        plan = "\n".join(row[3] for row in database.rows("EXPLAIN QUERY PLAN " + following))
        assert f"USING COVERING INDEX {index}" in plan and "TEMP B-TREE" not in plan
    else:
        database.run("VACUUM ANALYZE ingot_task")
        plan = "\n".join(row[0] for row in database.rows("EXPLAIN " + following))
        assert f"Index Only Scan using {index}" in plan and "Sort" not in plan


def test_waiting_is_worth_priority_so_that_nothing_is_starved_for_ever(database, queue):
    queue.put(b"patient", priority=-2)
    database.run(database.sql("UPDATE ingot_task SET turn = turn - ?"), (21 * 60,))  # as if 21 minutes ago
    queue.put(b"pushing", priority=2)
    queue.put(b"late", priority=-2)
    assert [queue.claim().message for _ in range(3)] == [b"patient", b"pushing", b"late"]


def test_what_was_enqueued_while_the_clock_was_years_ahead_is_not_put_off_for_years(database, queue):
    queue.put(b"from the future")
    database.run(database.sql("UPDATE ingot_task SET turn = turn + 1e9"))
    queue.promote()
    queue.put(b"now")
    assert queue.claim().message == b"from the future"


def test_lanes_with_something_ready_are_told_whatever_waits_in_them(queue):
    for _ in range(3):
        queue.put(b"x", lane="import")
    queue.put(b"y", lane="mail", due=time.time() + 60)
    assert queue.lanes_ready(("mail", "import", "index")) == ["import"] and queue.lanes_ready(()) == []
    assert queue.claim(("mail", "import")).message == b"x"
    [(lane, (count, oldest))] = queue.waiting().items()
    assert (lane, count) == ("import", 2) and 0 <= oldest < 20
