"""How a virtual party registers, stays, and comes back; against a registrar on loopback and against sipp."""

import asyncio
import contextlib
import shutil
import socket

import pytest

from commonsight.connect.wire.digest_server import Challenger
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.gb28181.stage import Pace
from tests.simulate.gb28181.above import DOMAIN, SERVER, Above, until

QUICK = Pace(keepalive=0.2, misses=2, retry=0.2, retry_most=0.4, restart=0.1, answer=1.0)


def fleet_of(above, **fields):
    fields = {"platforms": 1, "cameras": 5, "spread": 0, "pace": QUICK} | fields
    made = Fleet(FleetPlan(**fields), server=SERVER, to=("127.0.0.1", above.port))
    above.passwords |= {who.code: who.password for who in made.identities}
    return made


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("algorithm", ["MD5", "SM3"])
async def test_it_answers_the_challenge_and_keeps_alive(above, transport, algorithm):
    above.algorithms = (algorithm,)
    async with fleet_of(above, transport=transport) as fleet:
        assert await fleet.all_registered(20)
        await until(lambda: len(above.of("Keepalive")) >= 3)
        keepalive = above.of("Keepalive", "Notify")[0]
        assert keepalive.root.findtext("Status") == "OK"
        assert keepalive.device == fleet.parties[0].who.code
    first, second = above.registers[:2]
    assert first.uri == f"sip:{SERVER}@{DOMAIN}"
    assert first.headers.get("Authorization") is None
    assert first.headers.get("Expires") == "3600"
    assert f"algorithm={algorithm}" in second.headers.get("Authorization") or algorithm == "MD5"
    assert first.headers.get("Call-ID") == second.headers.get("Call-ID")
    assert fleet.tally.registrations == 1
    assert fleet.tally.flaps == 0
    assert len(fleet.tally.register_seconds) == 1


async def test_the_edition_is_told(above):
    async with fleet_of(above, platforms=2, version="mixed") as fleet:
        assert await fleet.all_registered(20)
    told = {r.headers.get("From").partition("sip:")[2][:20]: r.headers.get("X-GB-Ver") for r in above.registers}
    assert sorted(told.values()) == ["2.0", "3.0"]


async def test_a_wrong_password_is_refused_and_tried_again_later(above):
    fleet = fleet_of(above)
    right = dict(above.passwords)
    above.passwords = dict.fromkeys(right, "something else")
    async with fleet:
        await until(lambda: fleet.tally.refusals >= 2)
        assert fleet.registered == 0
        above.passwords = right
        assert await fleet.all_registered(20)


async def test_a_busy_registrar_is_given_the_time_it_asks_for(above):
    above.busy = 1
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with fleet_of(above, pace=Pace(retry=0.01, retry_most=0.01)) as fleet:
        assert await fleet.all_registered(20)
        assert loop.time() - began >= 1
        assert (fleet.tally.refusals, fleet.tally.registrations) == (1, 1)
        # The wait counts: from the first REGISTER on, whatever came between.
        assert fleet.tally.register_seconds[0] >= 1


async def test_an_offered_qop_is_taken(above):
    above.challenger = Challenger(DOMAIN, qop=True)
    async with fleet_of(above) as fleet:
        assert await fleet.all_registered(20)
    assert "qop=auth" in above.registers[-1].headers.get("Authorization")


async def test_a_redirect_is_followed(above):
    other = Above(above.passwords)
    await other.start()
    above.redirect = f"<sip:{SERVER}@127.0.0.1:{other.port}>"
    async with fleet_of(above) as fleet:
        assert await fleet.all_registered(20)
        assert set(other.contacts) == {fleet.parties[0].who.code}
        assert not above.contacts
    await other.close()


async def test_it_takes_the_time_from_the_registrar_unless_its_clock_is_wrong_by_plan(above):
    above.ahead = 3_600
    async with fleet_of(above) as fleet:
        assert await fleet.all_registered(20)
        party = fleet.parties[0]
        assert 3_590 < (party.now() - party.stage.clock.now()).total_seconds() < 3_610
    above.contacts.clear()
    async with fleet_of(above, faults=Faults(clock_offset=-420)) as fleet:
        assert await fleet.all_registered(20)
        party = fleet.parties[0]
        assert -430 < (party.now() - party.stage.clock.now()).total_seconds() < -410


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_silence_above_is_noticed_and_the_registration_made_anew(above, transport):
    async with fleet_of(above, transport=transport) as fleet:
        assert await fleet.all_registered(20)
        above.deaf = True
        await until(lambda: fleet.registered == 0)
        above.deaf = False
        assert await fleet.all_registered(20)
        assert fleet.tally.flaps == 1


async def test_not_being_known_any_more_is_a_reason_to_register(above):
    async with fleet_of(above) as fleet:
        assert await fleet.all_registered(20)
        above.says = 403
        await until(lambda: fleet.tally.flaps)
        above.says = 200
        assert await fleet.all_registered(20)


async def test_a_broken_connection_is_made_again(above):
    async with fleet_of(above, transport="tcp") as fleet:
        assert await fleet.all_registered(20)
        above.drop_connections()
        await until(lambda: fleet.tally.registrations == 2)
        assert fleet.tally.flaps == 1


async def test_a_storm_brings_everybody_back_and_is_no_flap(above):
    async with fleet_of(above, platforms=0, devices=60, transport="mixed") as fleet:
        assert await fleet.all_registered(30)
        fleet.storm()
        await until(lambda: fleet.tally.registrations == 120)
        assert fleet.registered == 60
        assert fleet.tally.flaps == 0


async def test_an_orderly_end_unregisters(above):
    async with fleet_of(above, platforms=3) as fleet:
        assert await fleet.all_registered(20)
        assert len(above.contacts) == 3
        await fleet.close(unregister=True)
        assert not above.contacts
        assert fleet.tally.flaps == 0


async def test_who_has_left_stays_away_whatever_its_keepalives_hear(above):
    async with fleet_of(above, pace=Pace(keepalive=0.05, retry=0.05, retry_most=0.05)) as fleet:
        assert await fleet.all_registered(20)
        above.says = 403
        await fleet.parties[0].leave()
        await asyncio.sleep(0.3)
        assert not above.contacts
        assert fleet.tally.registrations == 1


async def test_a_fall_while_registering_is_an_order_too(above):
    fleet = fleet_of(above)
    above.deaf = True
    async with fleet:
        await until(lambda: fleet.parties[0]._registration)
        fleet.storm()
        above.deaf = False
        assert await fleet.all_registered(20)
        await until(lambda: fleet.tally.registrations == 2)
        assert fleet.tally.flaps == 0


async def test_registrations_are_renewed_before_they_end(above):
    async with fleet_of(above, pace=Pace(expires=1, keepalive=30, answer=1.0)) as fleet:
        assert await fleet.all_registered(20)
        await until(lambda: len([r for r in above.registers if r.headers.get("Authorization")]) >= 3)
        assert fleet.registered == 1
        assert fleet.tally.flaps == 0


async def test_lost_datagrams_are_made_up_for(above):
    async with fleet_of(above, platforms=6, faults=Faults(drop=0.2), pace=Pace(retry=0.2, keepalive=0.3)) as fleet:
        assert await fleet.all_registered(60)
        before = fleet.tally.keepalives
        await until(lambda: fleet.tally.keepalives >= before + 12)


SCENARIO = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="registrar">
  <recv request="REGISTER" crlf="true"/>
  <send><![CDATA[
SIP/2.0 401 Unauthorized
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
WWW-Authenticate: Digest realm="{domain}", nonce="f84f1cec41e6cbe5aea9c8e88d359", algorithm=MD5
Content-Length: 0

  ]]></send>
  <recv request="REGISTER">
    <action>
      <ereg regexp="username=.{code}." search_in="hdr" header="Authorization:" check_it="true" assign_to="1"/>
      <verifyauth assign_to="ok" username="{code}" password="{password}"/>
    </action>
  </recv>
  <nop hide="true" test="ok" next="good"/>
  <send><![CDATA[
SIP/2.0 403 Forbidden
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

  ]]></send>
  <label id="good"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Expires: 3600
Date: 2026-06-01T08:00:00.000
Content-Length: 0

  ]]></send>
  <Reference variables="1"/>
</scenario>
"""


@pytest.mark.skipif(shutil.which("sipp") is None, reason="needs sipp (Debian: sip-tester)")
@pytest.mark.parametrize("right", [True, False])
async def test_sipp_as_registrar_accepts_the_right_password_only(tmp_path, right):
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plan = FleetPlan(platforms=1, cameras=1, spread=0, transport="udp", pace=Pace(retry=0.5, retry_most=0.5, answer=4))
    fleet = Fleet(plan, server=SERVER, to=("127.0.0.1", port))
    who = fleet.identities[0]
    password = who.password if right else "another"
    scenario = tmp_path / "registrar.xml"
    scenario.write_text(SCENARIO.format(domain=DOMAIN, code=who.code, password=password))
    command = ["sipp", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin"]
    quiet = asyncio.subprocess.DEVNULL
    sipp = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=quiet, stderr=quiet)
    try:
        async with fleet:
            await until(lambda: fleet.tally.registrations or fleet.tally.refusals)
            assert (fleet.tally.registrations, fleet.tally.refusals) == ((1, 0) if right else (0, 1))
    finally:
        with contextlib.suppress(ProcessLookupError):
            sipp.terminate()
        await asyncio.wait_for(sipp.wait(), 10)
