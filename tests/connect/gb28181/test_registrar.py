"""The registrar as a state machine: whatever devices, networks and clocks do, who is online is who may be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from commonsight.clock import ManualClock
from commonsight.connect.gb28181 import model
from commonsight.connect.gb28181.devices import Devices, Known, peer_of
from commonsight.connect.gb28181.model import Device, Quirks
from commonsight.connect.gb28181.registrar import (
    EXPIRES_SLACK,
    RECONNECT_SECONDS,
    REFUSED_MOST,
    STALL_SECONDS,
    Registrar,
)
from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.digest import Credentials, parse_challenges
from commonsight.connect.wire.sip import Headers, Request
from commonsight.problem import Refusal

CODES = [f"4501030000111000000{n}" for n in range(4)]
STRANGER = "45010300001110000009"
PASSWORDS = dict(zip(CODES, ("alpha-1", "beta-22", "gamma-3", "delta-4"), strict=True))
PEERS = [
    Peer("local", transport, host, port)
    for transport in ("udp", "tcp")
    for host in ("10.0.0.1", "10.0.0.2")
    for port in (5060, 5061)
]
REALM = "4500000000"


def known(number, code, **more):
    device = Device(UUID(int=number + 1), code, f"d{number}", has_password=True, **more)
    return Known(device, PASSWORDS[code].encode())


def made(devices, clock, password=None):
    return Registrar(
        devices, clock, realm=REALM, timezone="Asia/Shanghai", region="45", unseal=bytes.decode, password=password
    )


def request(code, *, expires="3600", authorization=None, version=None):
    headers = Headers([
        ("From", f"<sip:{code}@{REALM}>;tag=1"), ("To", f"<sip:{code}@{REALM}>"), ("Call-ID", "c"),
        ("CSeq", "1 REGISTER"), ("Contact", f"<sip:{code}@192.0.2.7:5060>"),
    ])  # fmt: skip
    if expires is not None:
        headers.add("Expires", expires)
    if version is not None:
        headers.add("X-GB-Ver", version)
    if authorization is not None:
        headers.add("Authorization", authorization)
    return Request("REGISTER", f"sip:{REALM}", headers)


def register(registrar, code, peer, password, *, expires="3600", version=None):
    first = registrar.register(request(code, expires=expires, version=version), peer)
    assert first.status == 401
    challenge = parse_challenges([value for _, value in first.headers])[0]
    answer = Credentials(code, password, challenge).authorization("REGISTER", f"sip:{REALM}")
    return registrar.register(request(code, expires=expires, authorization=answer, version=version), peer)


class Registrations(RuleBasedStateMachine):
    """Four devices, eight addresses, a clock that only moves, and a model of who may be online."""

    def __init__(self):
        super().__init__()
        self.clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))

    @initialize()
    def begin(self):
        self.devices = Devices()
        self.devices.load(known(n, code) for n, code in enumerate(CODES))
        self.registrar = made(self.devices, self.clock)
        self.registrar.resume()
        self.granted = {}  # code -> monotonic moment its registration ends
        self.heard = {}  # code -> monotonic moment of the last sign of life
        self.at = {}  # code -> address of its registration, or of a keepalive that moved it
        self.online = set()
        self.looked = self.clock.monotonic()
        self.told = {}

    @rule(code=st.sampled_from(CODES), peer=st.sampled_from(PEERS), expires=st.sampled_from([60, 3600, 200_000]))
    def registers(self, code, peer, expires):
        reply = register(self.registrar, code, peer, PASSWORDS[code], expires=str(expires))
        assert reply.status == 200
        granted = min(expires, model.EXPIRES_MOST)
        assert dict(reply.headers)["Expires"] == str(granted)
        now = self.clock.monotonic()
        self.granted[code], self.heard[code], self.at[code] = now + granted, now, peer
        self.online.add(code)

    @rule(code=st.sampled_from([*CODES, STRANGER]), peer=st.sampled_from(PEERS), expires=st.sampled_from(["0", "3600"]))
    def tries_a_wrong_password(self, code, peer, expires):
        assert register(self.registrar, code, peer, "not-it", expires=expires).status == 403

    @rule(code=st.sampled_from(CODES), peer=st.sampled_from(PEERS))
    def unregisters(self, code, peer):
        assert register(self.registrar, code, peer, PASSWORDS[code], expires="0").status == 200
        self.online.discard(code)
        self.granted.pop(code, None)

    @rule(code=st.sampled_from([*CODES, STRANGER]), peer=st.sampled_from(PEERS))
    def says_that_it_lives(self, code, peer):
        now = self.clock.monotonic()
        expected = code in self.granted and self.granted[code] + EXPIRES_SLACK > now and self.at[code].host == peer.host
        assert (self.registrar.heard(code, peer, keepalive=True) is not None) == expected
        if expected:
            self.heard[code] = now
            self.online.add(code)
            if peer.transport == self.at[code].transport:
                self.at[code] = peer

    @rule(peer=st.sampled_from(PEERS))
    def a_connection_breaks(self, peer):
        gone = {device.code for device in self.registrar.connection_lost(peer)}
        assert gone == {code for code in self.online if self.at[code] == peer and peer.transport == "tcp"}
        self.online -= gone

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0, STALL_SECONDS + 1, 61.0, 200.0]))
    def time_passes(self, seconds):
        """A look comes every second or so; a longer pause is our own standstill and counts for nobody."""
        self.clock.advance(seconds)
        gone = {device.code for device in self.registrar.look()}
        if seconds > STALL_SECONDS:
            self.heard = {code: at + seconds for code, at in self.heard.items()}
            self.granted = {code: at + seconds for code, at in self.granted.items()}
            assert not gone
        self._leave(gone)

    @rule(minutes=st.integers(1, 6))
    def minutes_pass_in_good_order(self, minutes):
        gone = set()
        for _ in range(minutes * 15):
            self.clock.advance(4.0)
            gone |= {device.code for device in self.registrar.look()}
        self._leave(gone)

    def _leave(self, gone):
        now = self.clock.monotonic()
        for code in list(self.online):
            silent = now - self.heard[code] > Quirks().silence_seconds
            over = self.granted[code] + EXPIRES_SLACK <= now
            assert (code in gone) == (silent or over)
        self.online -= gone

    @rule(lazy=st.booleans())
    def the_database_is_told(self, lazy):
        untold = self.devices.untold(lazy=lazy)
        for device in untold.changed.values():
            before = self.told.get(device.code, False)
            moved = device.id in untold.came or device.id in untold.went
            assert moved == (before != device.online)
            self.told[device.code] = device.online

    @rule()
    def the_database_is_away(self):
        self.devices.give_back(self.devices.untold(lazy=True))

    @rule()
    def the_process_is_killed(self):
        """What was told is all that is known; whoever was online has its full time to say that it still is."""
        self.devices.give_back(untold := self.devices.untold(lazy=True))
        del untold
        self.the_database_is_told(lazy=True)
        rows = [Known(replace(device), PASSWORDS[device.code].encode()) for device in self.devices]
        self.devices = Devices()
        self.devices.load(rows)
        self.registrar = made(self.devices, self.clock)
        self.registrar.resume()
        now = self.clock.monotonic()
        for code in self.online:
            self.heard[code] = now
            if self.at[code].transport == "tcp":
                self.heard[code] -= Quirks().silence_seconds - RECONNECT_SECONDS

    @invariant()
    def who_is_online_is_who_may_be(self):
        if not hasattr(self, "registrar"):
            return
        assert {device.code for device in self.devices if device.online} == self.online
        for code in self.online:
            assert peer_of(self.devices.get(code)) == self.at[code]

    @invariant()
    def strangers_leave_nothing_but_a_line(self):
        if hasattr(self, "registrar"):
            assert len(self.devices) == len(CODES)
            assert len(self.registrar.refused) <= REFUSED_MOST


Registrations.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRegistrations = Registrations.TestCase


@pytest.fixture
def house():
    devices, clock = Devices(), ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    devices.load([known(0, CODES[0])])
    return devices, made(devices, clock), clock


def test_a_moved_device_is_not_lost_with_its_old_connection(house):
    devices, registrar, _ = house
    old, new = PEERS[4], PEERS[5]
    register(registrar, CODES[0], old, PASSWORDS[CODES[0]])
    register(registrar, CODES[0], new, PASSWORDS[CODES[0]])
    assert registrar.connection_lost(old) == []
    assert devices.get(CODES[0]).online
    assert [device.offline_reason for device in registrar.connection_lost(new)] == ["connection_lost"]


def test_an_answer_is_good_for_one_registration(house):
    _, registrar, _ = house
    first = registrar.register(request(CODES[0]), PEERS[0])
    challenge = parse_challenges([value for _, value in first.headers])[0]
    answer = Credentials(CODES[0], PASSWORDS[CODES[0]], challenge).authorization("REGISTER", f"sip:{REALM}")
    assert registrar.register(request(CODES[0], authorization=answer), PEERS[0]).status == 200
    replayed = registrar.register(request(CODES[0], authorization=answer, expires="0"), PEERS[1])
    assert replayed.status == 401
    assert "stale=true" in replayed.headers[0][1]


@pytest.mark.parametrize(
    ("quirks", "version", "offered"),
    [
        ({}, None, ["MD5"]),
        ({}, "2.0", ["MD5"]),
        ({}, "3.0", ["SM3", "MD5"]),
        ({"digest": "sm3"}, "2.0", ["SM3"]),
        ({"digest": "md5"}, "3.0", ["MD5"]),
        ({"qop": False}, None, ["MD5"]),
    ],
)
def test_what_is_offered_follows_the_device(house, quirks, version, offered):
    devices, registrar, _ = house
    devices.load([known(0, CODES[0], quirks=Quirks.of(quirks))])
    reply = registrar.register(request(CODES[0], version=version), PEERS[0])
    found = [value for _, value in reply.headers]
    assert [value.partition("algorithm=")[2].partition(",")[0] for value in found] == offered
    assert all(("qop" in value) == quirks.get("qop", True) for value in found)
    assert register(registrar, CODES[0], PEERS[0], PASSWORDS[CODES[0]], version=version).status == 200


def test_a_device_that_insists_on_sm3_is_not_talked_down_to_md5(house):
    devices, registrar, _ = house
    first = registrar.register(request(CODES[0]), PEERS[0])
    challenge = parse_challenges([value for _, value in first.headers])[0]
    answer = Credentials(CODES[0], PASSWORDS[CODES[0]], challenge).authorization("REGISTER", f"sip:{REALM}")
    devices.load([known(0, CODES[0], quirks=Quirks(digest="sm3"))])
    assert registrar.register(request(CODES[0], authorization=answer), PEERS[0]).status == 401


@pytest.mark.parametrize("good", [True, False])
def test_a_device_may_be_sent_elsewhere_once_it_proved_who_it_is(house, good):
    devices, registrar, _ = house
    quirks = Quirks(redirect="sip:45000000002000000002@192.0.2.9:5060", redirect_for_good=good)
    devices.load([known(0, CODES[0], quirks=quirks)])
    reply = register(registrar, CODES[0], PEERS[0], PASSWORDS[CODES[0]])
    assert reply.status == (301 if good else 302)
    assert reply.headers == (("Contact", f"<{quirks.redirect}>"),)
    assert not devices.get(CODES[0]).online


def test_devices_without_a_password_need_the_platforms(house):
    devices, _, clock = house
    devices.load([Known(Device(UUID(int=77), STRANGER, "s"))])
    assert register(made(devices, clock), STRANGER, PEERS[0], "house-password").status == 403
    assert register(made(devices, clock, "house-password"), STRANGER, PEERS[0], "house-password").status == 200


@pytest.mark.parametrize("expires", ["-1", "1e3", "", "９０", "99999999999"])
def test_an_expiry_that_is_no_number_is_refused(house, expires):
    _, registrar, _ = house
    assert registrar.register(request(CODES[0], expires=expires), PEERS[0]).status == 400


@pytest.mark.parametrize("code", ["abc", "1" * 19, "1" * 21, "４５010300001110000001"])
def test_a_code_that_is_none_is_refused(house, code):
    _, registrar, _ = house
    assert registrar.register(request(code), PEERS[0]).status in (400, 403)


def test_a_clock_that_is_set_takes_nobody_offline(house):
    devices, registrar, clock = house
    register(registrar, CODES[0], PEERS[0], PASSWORDS[CODES[0]])
    clock._now = datetime(2030, 1, 1, tzinfo=UTC)  # the wall clock jumps, monotonic time does not
    assert registrar.look() == []
    assert devices.get(CODES[0]).online


@pytest.mark.parametrize(
    ("header", "contact", "granted"),
    [("120", "<sip:a@192.0.2.7>", 120), (None, "<sip:a@192.0.2.7>;expires=90", 90), (None, "<sip:a@192.0.2.7>", 3600),
     (None, None, 3600), ("999999", "*", model.EXPIRES_MOST)],
)  # fmt: skip
def test_the_expiry_is_found_where_the_device_wrote_it(house, header, contact, granted):
    devices, registrar, clock = house
    first = registrar.register(request(CODES[0]), PEERS[0])
    challenge = parse_challenges([value for _, value in first.headers])[0]
    answer = Credentials(CODES[0], PASSWORDS[CODES[0]], challenge).authorization("REGISTER", f"sip:{REALM}")
    asked = request(CODES[0], expires=header, authorization=answer)
    asked.headers.remove("Contact")
    if contact is not None:
        asked.headers.set("Contact", contact)
    assert dict(registrar.register(asked, PEERS[0]).headers)["Expires"] == str(granted)
    assert devices.get(CODES[0]).expires_at == clock.now() + timedelta(seconds=granted)


WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=60) | st.sampled_from([
    f"<sip:{CODES[0]}@{REALM}>;tag=1", f"<sip:{CODES[0]}@{REALM}>", f"sip:{CODES[1]}@{REALM}", "*", "3600", "0",
    f'Digest username="{CODES[0]}", realm="{REALM}", nonce="00", response="00"',
    f'Digest username="{CODES[0]}", realm="{REALM}", nonce="{"0" * 42}", uri="sip:x", response="{"0" * 32}", nc=zz, '
    'qop=auth, cnonce="c"', "Basic eDp5", "Digest algorithm=SM3",
])  # fmt: skip


FIELDS = st.sampled_from(["From", "To", "Contact", "Expires", "Authorization", "X-GB-Ver", "CSeq"])


@given(st.dictionaries(FIELDS, WORDS, max_size=7))
def test_whatever_strangers_write_nobody_comes_online(fields):
    devices, clock = Devices(), ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    devices.load(known(n, code) for n, code in enumerate(CODES))
    registrar = made(devices, clock, "house-password")
    reply = registrar.register(Request("REGISTER", f"sip:{REALM}", Headers(fields.items())), PEERS[0])
    assert reply.status in (400, 401, 403)
    assert not any(device.online for device in devices)
    assert len(devices) == len(CODES)


def test_a_lost_key_is_our_fault_and_not_the_devices(house):
    devices, _, clock = house

    def lost(_):
        raise Refusal("catalog.secret_unreadable", status=503)

    registrar = Registrar(devices, clock, realm=REALM, timezone="Asia/Shanghai", region="45", unseal=lost)
    assert register(registrar, CODES[0], PEERS[0], PASSWORDS[CODES[0]]).status == 500
    assert [one.why for one in registrar.refused] == ["password_unreadable"]
