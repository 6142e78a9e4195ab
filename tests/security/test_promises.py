"""What SECURITY.md promises, each beside the tests that show it: a promise without one goes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISES = {
    "no default account": (
        "features/identity/test_identity_at_the_door.py::test_a_new_box_has_nobody_who_could_sign_in",
    ),
    "passwords as argon2id, tokens and sessions stored as digests": (
        "security/test_passwords.py::test_the_server_hashes_as_slowly_as_it_should",
        "security/test_stored_digests.py::test_no_stored_value_in_any_header_or_cookie_is_somebody",
    ),
    "requests for a name that is not this box's are refused, and so are unsafe requests that another site's page sends": (
        "http/test_api_rights.py::test_a_foreign_host_is_421_everywhere_also_before_the_box_is_claimed",
        "security/test_bodies.py::test_what_only_looks_like_our_name_is_not",
        "security/test_foreign_pages.py::test_no_unsafe_address_takes_anything_from_a_foreign_page",
    ),
    "no value of the database or of a backup signs anybody in": (
        "security/test_stored_digests.py::test_no_stored_value_in_any_header_or_cookie_is_somebody",
        "security/test_stored_digests.py::test_a_copy_for_a_backup_holds_no_secret_of_a_session",
    ),
    "who guesses passwords waits ever longer": (
        "security/test_sign_in_throttle.py::test_it_survives_a_restart",
        "security/test_sign_in_throttle.py::test_a_client_counts_over_all_accounts",
    ),
    "nothing that was uploaded runs in our origin": (
        "features/files/test_file_downloads.py::test_what_could_run_is_saved_and_never_shown_whatever_it_was_called",
    ),
    "nothing we store is ever unpickled": (
        "jobs/test_jobs_life.py::test_nothing_is_ever_unpickled",
        "engines/cache/test_caches.py::test_a_planted_pickle_is_never_opened",
    ),
    "a stranger's request is small, and costs no parsing before it is known whose it is": (
        "security/test_bodies.py::test_a_stranger_s_form_is_small",
        "security/test_bodies.py::test_who_may_write_nothing_is_told_so_before_the_body_is_parsed",
    ),
    "what strangers try pushes no sign-in and no change of rights out of the security events": (
        "security/test_security_events.py::test_noise_of_strangers_pushes_out_nothing_that_known_people_did",
    ),
}


def test_each_promise_has_its_tests_and_each_test_its_promise() -> None:
    text = " ".join((ROOT / "SECURITY.md").read_text("utf-8").split())
    found = re.search(r"What Ingot promises: (.*?)\. Each of these", text)
    assert found is not None
    assert set(found[1].split("; ")) == set(PROMISES)


@pytest.mark.parametrize("test", sorted({t for tests in PROMISES.values() for t in tests}))
def test_the_tests_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8")
