"""The contract of appliance.engines.search.protocol: every engine passes it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.base.errors import Conflict, Unavailable
from appliance.engines.search.protocol import Document, Hits, SearchEngine
from appliance.engines.search.tantivy import TantivySearch

ENGINES: dict[str, Callable[[Path], SearchEngine]] = {"tantivy": TantivySearch}
ALL = ["all:contact", "all:offer"]


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest) -> Callable[[Path], SearchEngine]:
    return ENGINES[request.param]


@pytest.fixture
def engine(make: Callable[[Path], SearchEngine], tmp_path: Path) -> Iterator[SearchEngine]:
    engine = make(tmp_path / "index")
    yield engine
    engine.close()


def contact(number: int, title: str, *texts: tuple[str, str, int], codes=(), readers=("all:contact",)) -> Document:
    return Document("contact", number, title, list(texts), list(codes), list(readers), 1_000_000 + number)


def fill(engine: SearchEngine, *documents: Document) -> None:
    engine.put(documents)
    engine.commit(engine.position() + 1)


def ids(hits: Hits) -> list[int]:
    return [hit.id for hit in hits.items]


def find(engine: SearchEngine, text: str, **how) -> list[int]:
    return sorted(ids(engine.search(text, readers=ALL, **how)))


PEOPLE = [
    contact(1, "Jürgen Müller", ("street", "Lange Straße 5", 1), ("city", "København", 2)),
    contact(2, "Ada Smith", ("note", "met in Berlin", 1), codes=["john.smith@acme-tools.com", "+1 (212) 555-0123"]),
    contact(3, "Čeněk Novák", ("note", "prefers e-mail <script>alert(1)</script>", 1), codes=["SCN-42", "INV-00172"]),
    contact(4, "Berlin Airport", ("note", "Smith flies from here", 1), codes=["+49301234", "+49 (0)40 / 98 76-543"]),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("muller", [1]),
        ("MÜLLER", [1]),
        ("Mu\u0308ller", [1]),  # decomposed, as a Mac types it
        ("strasse", [1]),
        ("kobenhavn", [1]),
        ("cenek", [3]),
        ("jur", [1]),
        ("lange jur", [1]),
        ("berlin smith", [2, 4]),
        ("berlin smith flies", [4]),
        ("muler", [1]),
        ("nvoka", []),  # two typos
        ("mlüler", [1]),  # neighbours exchanged
        ("smith@acme", [2]),
        ("acme-t", [2]),
        ("tools.com", [2]),
        ("555-0123", [2]),
        ("5550123", [2]),
        ("212 555", [2]),
        ("00172", [3]),
        ("INV-172", []),
        ("172", [3]),
        ("scn-42", [3]),
        ("SCN 42", [3]),
        ("+49 30 1234", [4]),
        ("0049 30 1234", [4]),
        ("040 9876543", [4]),
        ("98765", [4]),
        ("smith 555-01", [2]),
        ("", []),
        ("   ", []),
        ("!?* -- ()", []),
        ("a:b OR *", []),
        ("title:ada", []),
        ("readers:all", []),
        ('"ada', [2]),
        ("ada~9^9 ", []),
        ("\x00\ud800", []),
    ],
)
def test_people_find_what_they_mean(engine: SearchEngine, text: str, expected: list[int]) -> None:
    fill(engine, *PEOPLE)
    assert find(engine, text) == expected


def test_a_reader_finds_and_counts_only_what_one_of_its_terms_opens(engine: SearchEngine) -> None:
    fill(
        engine,
        contact(1, "Secret Plan", readers=["own:contact:7"]),
        contact(2, "Secret Meeting", readers=["own:contact:8", "all:contact"]),
        Document("offer", 3, "Secret Offer", readers=["all:offer"]),
        Document("offer", 4, "Secret orphan"),
    )
    assert ids(engine.search("secret", readers=["own:contact:7"])) == [1]
    charlie = engine.search("secret", readers=["own:contact:9"])
    assert (charlie.total, charlie.items, charlie.counts) == (0, [], {})
    assert engine.search("secret", readers=[]).total == 0
    assert engine.search("secret", readers=["own:contact:7", "all:offer"]).counts == {"contact": 1, "offer": 1}
    assert engine.search("secret", readers=[*ALL, "own:contact:7"]).total == 3
    many = [f"own:contact:{n}" for n in range(200)]
    assert sorted(ids(engine.search("secret", readers=many))) == [1, 2]


def test_a_reader_of_everything_stops_being_one_when_a_private_document_arrives(engine: SearchEngine) -> None:
    fill(engine, contact(1, "Plan A"))
    assert find(engine, "plan") == [1]
    fill(engine, contact(2, "Plan B", readers=["own:contact:7"]))
    assert find(engine, "plan") == [1]


def test_counts_cover_all_entities_even_when_items_are_of_one(engine: SearchEngine) -> None:
    fill(engine, contact(1, "Berlin"), contact(2, "Berlin"), Document("offer", 3, "Berlin", readers=["all:offer"]))
    hits = engine.search("berlin", readers=ALL, entities=["offer"])
    assert (hits.total, ids(hits), hits.counts) == (1, [3], {"contact": 2, "offer": 1})
    assert engine.search("berlin", readers=ALL, entities=[]).total == 0
    assert engine.search("berlin", readers=ALL, entities=["nothing"]).total == 0


def test_whole_words_come_before_beginnings_and_heavy_fields_before_light_ones(engine: SearchEngine) -> None:
    fill(
        engine,
        contact(1, "x", ("note", "hammered", 1)),
        contact(2, "Hammerfest"),
        contact(3, "x", ("note", "a hammer", 1)),
        contact(4, "x", ("role", "a hammer", 3)),
        contact(5, "Hammer"),
    )
    assert ids(engine.search("hammer", readers=ALL)) == [5, 4, 3, 2, 1]


def test_a_typo_ranks_below_the_word_as_it_stands(engine: SearchEngine) -> None:
    fill(engine, contact(1, "Schmitt"), contact(2, "x", ("note", "schmidt", 1)))
    assert ids(engine.search("schmidt", readers=ALL)) == [2, 1]


def test_ids_are_those_of_the_hits_and_the_best_when_they_are_cut(engine: SearchEngine) -> None:
    fill(engine, *PEOPLE, Document("offer", 7, "Berlin", readers=["all:offer"]), contact(9, "Bern", readers=["own:7"]))
    for text in ("ber", "smith", "berln", "555-0123", "zzz", "", "muller"):
        expected = [hit.id for hit in engine.search(text, readers=ALL, limit=500).items if hit.entity == "contact"]
        ids, matched = engine.ids(text, readers=ALL, entity="contact", limit=500)
        assert sorted(ids) == sorted(expected) and matched == len(expected), text
    assert engine.ids("bern", readers=["own:7"], entity="contact", limit=5) == ([9], 1)
    assert engine.ids("bern", readers=[], entity="contact", limit=5) == ([], 0)
    best = engine.search("berlin", readers=ALL, entities=["contact"], limit=1).items[0].id
    assert engine.ids("berlin", readers=ALL, entity="contact", limit=1) == ([best], 2)


@pytest.mark.parametrize("page", [7, 100])
def test_pages_follow_each_other_without_gaps_or_repeats(engine: SearchEngine, page: int) -> None:
    names = ["Hammer", "Hammerfest", "Hammerstein"]
    fill(engine, *[contact(n, f"{names[n % 3]} {'x ' * (n % 11)}") for n in range(700)])
    seen = []
    for offset in range(0, 700, page):
        hits = engine.search("hammer", readers=ALL, limit=page, offset=offset)
        assert hits.total == 700
        seen += ids(hits)
    assert sorted(seen) == list(range(700))


def test_silly_limits_are_clamped(engine: SearchEngine) -> None:
    fill(engine, *PEOPLE)
    for limit, offset in [(0, 0), (-5, 0), (10, 10**12), (0, -1)]:
        hits = engine.search("berlin", readers=ALL, limit=limit, offset=offset)
        assert (hits.total, hits.items) == (2, [])
    assert len(engine.search("berlin", readers=ALL, limit=10**12, offset=-3).items) == 2


def test_highlights_mark_the_original_spelling_and_escape_the_rest(engine: SearchEngine) -> None:
    fill(engine, *PEOPLE)
    assert engine.search("muller str", readers=ALL).items[0].highlights == {
        "title": "Jürgen <mark>Müller</mark>",
        "street": "Lange <mark>Straße</mark> 5",
    }
    note = engine.search("script", readers=ALL).items[0].highlights["note"]
    assert note == "prefers e-mail &lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"
    assert engine.search("muler", readers=ALL).items[0].highlights == {"title": "Jürgen <mark>Müller</mark>"}


def test_a_highlight_of_a_long_text_is_a_short_piece_of_it(engine: SearchEngine) -> None:
    fill(engine, contact(1, "x", ("note", "lorem " * 2000 + "needle " + "ipsum " * 900, 1)))
    piece = engine.search("needle", readers=ALL).items[0].highlights["note"]
    assert "<mark>needle</mark>" in piece
    assert piece.startswith("…lorem")
    assert piece.endswith("…")
    assert len(piece) < 260


def test_a_code_in_a_text_is_marked_whatever_its_punctuation(engine: SearchEngine) -> None:
    fill(engine, contact(1, "x", ("phone", "+49301234", 1), ("email", "j.smith@acme.com", 1), codes=["+49301234"]))
    assert engine.search("+49 30 1234", readers=ALL).items[0].highlights == {"phone": "+<mark>49301234</mark>"}
    assert engine.search("smith@ac", readers=ALL).items[0].highlights == {"email": "j.<mark>smith@ac</mark>me.com"}


def test_a_hit_says_which_record_it_is(engine: SearchEngine) -> None:
    fill(engine, *PEOPLE)
    hit = engine.search("jürgen", readers=ALL).items[0]
    assert (hit.entity, hit.id, hit.title, hit.updated) == ("contact", 1, "Jürgen Müller", 1_000_001)


def test_putting_again_replaces_and_deleting_forgets(engine: SearchEngine) -> None:
    fill(
        engine, contact(1, "Old"), contact(1, "Newer"), contact(2, "Other"), Document("offer", 1, "Other", readers=ALL)
    )
    fill(engine, contact(1, "Newest"))
    assert [find(engine, text) for text in ("old", "newer", "newest")] == [[], [], [1]]
    engine.delete("contact", [1, 99])
    engine.commit(3)
    assert find(engine, "newest") == []
    assert engine.stats().documents == 2
    engine.drop("contact")
    engine.commit(4)
    assert engine.search("other", readers=ALL).counts == {"offer": 1}


def test_nothing_is_found_before_the_commit_and_everything_after(engine: SearchEngine) -> None:
    engine.put(PEOPLE)
    assert find(engine, "berlin") == []
    engine.commit(7)
    assert find(engine, "berlin") == [2, 4]


def test_position_and_documents_survive_a_restart_and_uncommitted_ones_do_not(make, tmp_path: Path) -> None:
    first = make(tmp_path / "index")
    assert first.position() == 0
    first.put(PEOPLE[:2])
    first.commit(41)
    first.commit(2**40)
    first.put(PEOPLE[2:])
    first.close()
    first.close()
    second = make(tmp_path / "index")
    assert second.position() == 2**40
    assert find(second, "berlin") == [2]
    second.close()


@pytest.mark.parametrize(
    "text", ["x" * 300_000, "word " * 60_000, "é" * 70_000, "\ud83d half", "\x00", "会社 東京", ""]
)
def test_any_text_can_be_put_and_asked_for(engine: SearchEngine, text: str) -> None:
    fill(engine, contact(1, f"Sane {text}", ("note", text, 9), ("other", text, -1), codes=[text]))
    assert find(engine, "sane") == [1]
    engine.search(text, readers=ALL)


def test_a_very_long_word_is_found_by_itself(engine: SearchEngine) -> None:
    fill(engine, contact(1, "Donau" * 20))
    assert find(engine, "donau" * 20) == [1]


def test_the_old_index_answers_until_the_rebuilt_one_takes_over(engine: SearchEngine, tmp_path: Path) -> None:
    fill(engine, *PEOPLE)
    with engine.rebuild() as rebuild:
        with pytest.raises(Conflict):
            engine.rebuild()
        rebuild.put([contact(5, "Rebuilt Berlin")])
        rebuild.commit(90)
        assert find(engine, "berlin") == [2, 4]
        fill(engine, contact(6, "Meanwhile Berlin"))
        assert find(engine, "berlin") == [2, 4, 6]
        rebuild.switch()
        assert engine.position() == 90
    assert find(engine, "berlin") == [5]
    fill(engine, contact(6, "Meanwhile Berlin"))
    assert find(engine, "berlin") == [5, 6]


def test_a_rebuild_that_fails_changes_nothing(make, tmp_path: Path) -> None:
    engine = make(tmp_path / "index")
    fill(engine, *PEOPLE)
    with pytest.raises(ZeroDivisionError), engine.rebuild() as rebuild:
        rebuild.put([contact(5, "Berlin")])
        rebuild.commit(90)
        raise ZeroDivisionError
    assert find(engine, "berlin") == [2, 4]
    engine.rebuild().put([contact(5, "Berlin")])  # and now the process dies, as far as the files can tell
    engine.close()
    again = make(tmp_path / "index")
    assert (find(again, "berlin"), again.position()) == ([2, 4], 1)
    with again.rebuild():
        pass
    again.close()


def test_many_threads_search_while_one_writes(engine: SearchEngine) -> None:
    fill(engine, *PEOPLE)
    errors: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                assert set(find(engine, "berlin")) >= {2, 4}
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10, 20):
        fill(engine, contact(number, "Berlin"))
    with engine.rebuild() as rebuild:
        rebuild.put([*PEOPLE, contact(10, "Berlin")])
        rebuild.commit(30)
        rebuild.switch()
    done.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert find(engine, "berlin") == [2, 4, 10]


def _newest(root: Path) -> Path:
    return next(path for path in root.iterdir() if path.is_dir())


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (_newest(root) / "meta.json").write_text("{nonsense"),
        lambda root: (_newest(root) / "meta.json").unlink(),
        lambda root: [f.unlink() for f in _newest(root).iterdir() if f.suffix == ".term"],
        lambda root: [f.write_bytes(b"") for f in _newest(root).iterdir() if f.suffix in (".term", ".store", ".fast")],
        lambda root: shutil.rmtree(_newest(root)),
        lambda root: (root / "current").write_text("ingot-0/tantivy-0.1\n" + _newest(root).name),
        lambda root: (root / "current").write_bytes(b"\xff\x00"),
        lambda root: (root / "current").unlink(),
        shutil.rmtree,
    ],
)
def test_a_damaged_or_foreign_index_is_an_empty_one_at_position_0(tmp_path: Path, damage) -> None:
    root = tmp_path / "index"
    engine = TantivySearch(root)
    fill(engine, *PEOPLE)
    engine.close()
    damage(root)
    healed = TantivySearch(root)
    assert (healed.position(), healed.stats().documents, find(healed, "berlin")) == (0, 0, [])
    fill(healed, *PEOPLE)
    assert find(healed, "berlin") == [2, 4]
    healed.close()
    assert len([path for path in root.iterdir() if path.is_dir()]) == 1


def test_a_second_writer_is_refused_and_a_reader_follows_commits_and_rebuilds(tmp_path: Path) -> None:
    reader = TantivySearch(tmp_path, writer=False)
    assert reader.search("berlin", readers=ALL).total == 0
    writer = TantivySearch(tmp_path)
    with pytest.raises(Unavailable):
        TantivySearch(tmp_path)
    with pytest.raises(Unavailable):
        reader.put(PEOPLE)
    fill(writer, *PEOPLE)
    assert (find(reader, "berlin"), reader.position()) == ([2, 4], 1)
    fill(writer, contact(5, "Berlin"))
    assert find(reader, "berlin") == [2, 4, 5]
    with writer.rebuild() as rebuild:
        rebuild.put([contact(6, "Berlin")])
        rebuild.commit(50)
        rebuild.switch()
    assert (find(reader, "berlin"), reader.position()) == ([6], 50)
    writer.close()
    reader.close()


def test_an_index_deleted_under_a_running_writer_starts_empty(tmp_path: Path) -> None:
    engine = TantivySearch(tmp_path / "index")
    fill(engine, *PEOPLE)
    shutil.rmtree(_newest(tmp_path / "index"))
    engine.put([contact(9, "Berlin")])
    with pytest.raises(Unavailable):
        engine.commit(9)
    assert engine.position() == 0
    fill(engine, *PEOPLE)
    assert find(engine, "berlin") == [2, 4]
    engine.close()
