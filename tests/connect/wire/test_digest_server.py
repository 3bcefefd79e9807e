"""Answers of our own client and of known vectors against the registrar's side."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire import digest_server
from commonsight.connect.wire.digest import Challenge, Credentials, answer, parse_challenges
from commonsight.connect.wire.digest_server import Answer, Challenger, Verdict, parse_answer

NAME, PASSWORD, URI = "45010000001320000001", "Cs-12345", "sip:45000000002000000001@4500000000"
OK, STALE, WRONG, REPLAYED = Verdict.OK, Verdict.STALE, Verdict.WRONG, Verdict.REPLAYED


def reply(challenger, now=0.0, algorithm="MD5", password=PASSWORD, uses=1):
    challenge = parse_challenges(challenger.challenges(now, (algorithm,)))[0]
    credentials = Credentials(NAME, password, challenge)
    return [parse_answer(credentials.authorization("REGISTER", URI)) for _ in range(uses)]


@pytest.mark.parametrize("algorithm", ["MD5", "SM3", "SHA-256", "MD5-sess"])
@pytest.mark.parametrize("qop", [False, True])
def test_a_right_password_passes_and_a_wrong_one_does_not(algorithm, qop):
    challenger = Challenger("4500000000", qop=qop)
    assert challenger.verify("REGISTER", reply(challenger, algorithm=algorithm)[0], PASSWORD, 1.0) is OK
    assert challenger.verify("REGISTER", reply(challenger, algorithm=algorithm)[0], PASSWORD + "x", 1.0) is WRONG
    assert challenger.verify("MESSAGE", reply(challenger, algorithm=algorithm)[0], PASSWORD, 1.0) is WRONG


def test_sm3_against_another_library():
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python's OpenSSL knows no SM3 to compare with")

    def sm3(text):
        return hashlib.new("sm3", text.encode()).hexdigest()

    # A published value of the hash of "abc".
    assert sm3("abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    challenge = Challenge("digest", "4500000000", "n0nce", None, "SM3", "")
    wanted = sm3(f"{sm3(f'{NAME}:4500000000:{PASSWORD}')}:n0nce:{sm3(f'REGISTER:{URI}')}")
    assert answer(challenge, NAME, PASSWORD, "REGISTER", URI, "", "") == wanted


def test_md5_without_qop_is_the_plain_formula():
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    wanted = md5(f"{md5(f'{NAME}:r:{PASSWORD}')}:n:{md5(f'REGISTER:{URI}')}")
    assert answer(Challenge("digest", "r", "n", None, "md5", ""), NAME, PASSWORD, "REGISTER", URI, "", "") == wanted


def test_an_old_nonce_is_stale_and_one_of_another_server_too():
    challenger = Challenger("r", seconds=60)
    (given_answer,) = reply(challenger, now=100.0)
    assert challenger.verify("REGISTER", given_answer, PASSWORD, 160.0) is OK
    assert challenger.verify("REGISTER", given_answer, PASSWORD, 160.1) is STALE
    assert Challenger("r", seconds=60).verify("REGISTER", given_answer, PASSWORD, 100.0) is STALE
    assert "stale=true" in challenger.challenges(0, stale=True)[0]


def test_with_qop_an_answer_counts_once_and_uses_must_rise():
    challenger = Challenger("r", qop=True)
    first, second, third = reply(challenger, uses=3)
    verdicts = [challenger.verify("REGISTER", a, PASSWORD, 1.0) for a in (first, first, third, second)]
    assert verdicts == [OK, REPLAYED, OK, REPLAYED]


def test_forgotten_counts_cannot_be_replayed(monkeypatch):
    monkeypatch.setattr(digest_server, "MAX_COUNTED", 3)
    challenger = Challenger("r", qop=True)
    answers = [reply(challenger, now=n)[0] for n in range(5)]
    assert [challenger.verify("REGISTER", a, PASSWORD, 5.0) for a in answers] == [OK] * 5
    assert challenger.verify("REGISTER", answers[0], PASSWORD, 5.0) is STALE
    assert challenger.verify("REGISTER", answers[4], PASSWORD, 5.0) is REPLAYED


def test_answers_as_devices_write_them():
    text = f'Digest username="{NAME}",realm="r",nonce="n",uri="{URI}",response="0F",algorithm=MD5,qop=auth,nc=00000001'
    assert parse_answer(text) == Answer(NAME, "r", "n", URI, "0F", "MD5", "auth", "00000001", "")
    for wrong in ("Basic abc", "Digest ", 'Digest username="a", realm="r", nonce="n"', text.replace("MD5", "MD4")):
        assert parse_answer(wrong) is None
    assert Challenger("r").verify("REGISTER", None, "x", 0.0) is Verdict.MALFORMED


@given(st.text(max_size=100), st.text(max_size=100))
def test_hostile_text_never_passes_or_crashes(text, nonce):
    challenger = Challenger("r", qop=True)
    parsed = parse_answer("Digest " + text)
    forged = Answer(NAME, "r", nonce, URI, text, "SM3", "auth", text, "c")
    for candidate in (parsed, forged):
        assert challenger.verify("REGISTER", candidate, PASSWORD, 0.0) is not OK
