"""The box's own authority and its certificates, and those an office brings along: made, kept, renewed, refused in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from own_certificates import Office

from appliance.base.errors import StartRefused
from appliance.base.settings import Settings, load
from appliance.run.tls.authority import Authority
from appliance.run.tls.keeper import Keeper, check
from appliance.run.tls.own import Unusable, read_pair
from appliance.run.tls.pair import fingerprint, now


def settings(home: Path, **values: object) -> Settings:
    return load(home, {"https": "on", **values}, {})


def test_the_authority_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    first = Keeper(settings(tmp_path))
    first.open()
    second = Keeper(settings(tmp_path))
    second.open()
    assert fingerprint(first.trusted) == fingerprint(second.trusted)
    assert first.pair.certificate == second.pair.certificate  # a restart is no reason for a new one
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    files = sorted(p.name for p in (tmp_path / "tls").iterdir())
    assert files == ["authority.key", "authority.pem", "server.key", "server.pem"]  # nothing that was passing is left
    assert {(tmp_path / "tls" / name).stat().st_mode & 0o777 for name in files} == {0o600}


def test_a_certificate_is_for_all_names_and_addresses_and_not_too_long(tmp_path: Path) -> None:
    keeper = Keeper(settings(tmp_path, hosts=["box.example.org", "büro.example.org"]), lambda: ["ingot.local"])
    keeper.open()
    found = keeper.pair.names
    wanted = {"localhost", "127.0.0.1", "::1", "ingot.local", "box.example.org", "xn--bro-hoa.example.org"}
    assert wanted <= set(found)
    certificate = keeper.pair.certificate
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=397)
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


def test_it_is_renewed_when_a_name_comes_and_kept_when_one_goes(tmp_path: Path) -> None:
    names = ["one.local"]
    keeper = Keeper(settings(tmp_path), lambda: names)
    keeper.open()
    first, context = keeper.pair, keeper.context
    names.append("two.local")
    keeper._guarded(fresh=False)
    second = keeper.pair
    assert "two.local" in second.names and keeper.context is not context and first.certificate != second.certificate
    names[:] = ["two.local"]
    keeper._guarded(fresh=False)
    assert keeper.pair is second or keeper.pair.certificate == second.certificate


def test_it_is_renewed_thirty_days_before_its_end_by_the_same_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    first, fresh = authority.server_pair(["localhost"])
    assert fresh
    with time_machine.travel(now() + timedelta(days=360), tick=False):
        kept, fresh = authority.server_pair(["localhost"])
        assert not fresh and kept.certificate == first.certificate
    with time_machine.travel(now() + timedelta(days=370), tick=False):
        second, fresh = authority.server_pair(["localhost"])
        assert fresh and second.certificate.not_valid_after_utc > now() + timedelta(days=390)
        second.certificate.verify_directly_issued_by(authority.certificate)


def test_a_damaged_server_certificate_is_made_anew_a_damaged_authority_is_a_sentence(tmp_path: Path) -> None:
    Keeper(settings(tmp_path)).open()
    (tmp_path / "tls" / "server.pem").write_text("nonsense")
    Keeper(settings(tmp_path)).open()
    (tmp_path / "tls" / "authority.key").write_text("nonsense")
    with pytest.raises(StartRefused, match=r"authority in .*tls cannot be read") as refused:
        Keeper(settings(tmp_path)).open()
    assert refused.value.exit_code == 4


def test_a_full_disk_keeps_the_certificate_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(settings(tmp_path))
    keeper.open()
    context = keeper.context

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("appliance.run.tls.authority.write_private", full)
    keeper.renew()
    assert keeper.context is context
    assert keeper.health().state == "degraded" and "No space left" in keeper.health().reason


# ---------------------------------------------------------------------- the office's own


def test_pem_with_its_chain_and_pfx_are_taken(tmp_path: Path) -> None:
    office = Office(tmp_path, "box.office.example")
    chain, key = office.write("box.pem", office.chain()), office.write("box.key", office.private())
    locked, together = office.write("locked.key", office.private("pw")), office.chain() + office.private()
    upside_down = office.ca_file and Path(office.ca_file).read_bytes() + office.chain()
    for found in (
        read_pair(chain, key),
        read_pair(chain, locked, "pw"),
        read_pair(office.write("all.pem", together)),
        read_pair(office.write("order.pem", upside_down), key),
        read_pair(office.pfx("secret"), "", "secret"),
    ):
        assert found.names == ["box.office.example"]
        assert office.ca in found.chain
        found.context(tmp_path)


def test_whatever_is_wrong_with_it_has_a_sentence(tmp_path: Path) -> None:
    office = Office(tmp_path)
    chain, key = office.write("box.pem", office.chain()), office.write("box.key", office.private())
    (tmp_path / "other").mkdir()
    other = Office(tmp_path / "other", end=-1, start=-30)
    old = other.write("old.pem", other.chain() + other.private())
    young = Office(tmp_path / "other", start=5)
    early = young.write("young.pem", young.chain() + young.private())
    wrong = [
        (("",), "No file is named"),
        ((str(tmp_path / "gone.pem"),), r"gone.pem cannot be read: there is no such file"),
        ((chain,), r"holds no private key. Name its file in the setting certificate_key"),
        ((chain, other.write("other.key", other.private())), r"other.key does not belong to the certificate .*box.pem"),
        ((old,), r"old.pem ran out on 20\d\d-"),
        ((early,), r"young.pem is not valid before 20\d\d-.* clock right"),
        ((office.write("text.pem", b"hello"),), r"text.pem holds no certificate. A PEM or a PFX file is needed"),
        ((key, key), r"box.key holds no certificate"),
        (
            (chain, office.write("locked.key", office.private("pw"))),
            r"locked: the setting certificate_password is needed",
        ),
        ((chain, str(tmp_path / "locked.key"), "no"), r"The password does not open .*locked.key"),
        ((office.pfx("pw"),), r"box.pfx is locked"),
        ((office.pfx("pw"), "", "no"), r"The password does not open .*box.pfx"),
        ((office.pfx("pw"), key, "pw"), r"leave certificate_key empty"),
        ((str(tmp_path),), r"cannot be read: it is a folder"),
    ]
    for arguments, sentence in wrong:
        with pytest.raises(Unusable, match=sentence):
            read_pair(*arguments)
    assert "ran out" in str(check(old, "", "")["problem"])
    assert check(chain, key, "")["names"] == ["localhost"]


def test_a_replaced_file_is_taken_and_a_bad_one_leaves_the_old_in_use(tmp_path: Path) -> None:
    office = Office(tmp_path)
    file = office.write("box.pem", office.chain() + office.private())
    keeper = Keeper(settings(tmp_path / "home", certificate=file))
    keeper.open()
    assert (keeper.kind, keeper.authority) == ("own", None)
    first = keeper.pair
    Path(file).write_bytes(b"half a f")  # as while it is being copied
    for _ in range(2):
        keeper._guarded(fresh=False)
        assert keeper.pair is first
        assert "holds no certificate" in keeper.health().reason
    fresh = Office(tmp_path, "new.example")
    Path(file).write_bytes(fresh.chain() + fresh.private())
    keeper._guarded(fresh=False)
    assert keeper.pair.names == ["new.example"] and keeper.health().state == "ok"


def test_one_that_runs_out_soon_is_said_beforehand(tmp_path: Path) -> None:
    office = Office(tmp_path, end=10)
    keeper = Keeper(settings(tmp_path, certificate=office.write("b.pem", office.chain() + office.private())))
    keeper.open()
    assert "runs out on" in str(keeper.problem)
