"""Known answers from the RFCs, the two sides against each other, and challenges as devices write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.digest import Challenge, Credentials, Verifier, parse_challenges

# RFC 7616, section 3.9.1
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


@pytest.mark.parametrize(
    ("algorithm", "answer"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_known_answer(algorithm, answer):
    challenge = Challenge("digest", "http-auth@example.org", NONCE, OPAQUE, algorithm, "auth")
    credentials = Credentials("Mufasa", "Circle of Life", challenge, cnonce=CNONCE)
    text = credentials.authorization("GET", "/dir/index.html")
    assert f'response="{answer}"' in text
    assert "nc=00000001" in text


def test_known_answer_without_qop():
    # RFC 2069's own example, with the corrected answer of its errata
    challenge = Challenge("digest", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", None, "MD5", "")
    text = Credentials("Mufasa", "CircleOfLife", challenge).authorization("GET", "/dir/index.html")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in text
    assert "qop" not in text


def test_the_strongest_challenge_comes_first_and_unknown_ones_are_left_out():
    found = parse_challenges(
        [
            'Basic realm="cam", Digest realm="cam", nonce="n1"',
            'Digest realm="cam, yard", nonce="n2", algorithm=SHA-256, qop="auth,auth-int", stale=TRUE',
            'Digest realm="cam", nonce="n3", algorithm=SHA-512-256',
            'Digest realm="cam", nonce="n4", qop="auth-int"',
            "Negotiate",
        ]
    )
    assert [(c.scheme, c.nonce, c.algorithm, c.stale) for c in found] == [
        ("digest", "n2", "SHA-256", True),
        ("digest", "n1", "MD5", False),
        ("basic", "", "", False),
    ]
    assert found[0].realm == "cam, yard"


@given(
    st.text(min_size=1, max_size=20).filter(lambda t: t.isprintable()),
    st.text(max_size=20),
    st.sampled_from([("MD5",), ("SHA-256",), ("SHA-256", "MD5")]),
)
def test_both_sides_agree(name, password, algorithms):
    verifier = Verifier(name, password, realm="yard", algorithms=algorithms)
    challenge = parse_challenges(verifier.challenges())[0]
    assert challenge.algorithm == algorithms[0]
    right = Credentials(name, password, challenge)
    assert verifier.accepts("PLAY", right.authorization("PLAY", "rtsp://h/p"))
    assert verifier.accepts("PLAY", right.authorization("PLAY", "rtsp://h/p"))
    assert not verifier.accepts("TEARDOWN", right.authorization("PLAY", "rtsp://h/p"))
    wrong = Credentials(name, password + "!", challenge)
    assert not verifier.accepts("PLAY", wrong.authorization("PLAY", "rtsp://h/p"))


def test_a_nonce_of_another_server_is_refused():
    mine, other = (Verifier("a", "b", realm="yard") for _ in range(2))
    answer = Credentials("a", "b", parse_challenges(other.challenges())[0]).authorization("PLAY", "rtsp://h/p")
    assert not mine.accepts("PLAY", answer)


@given(st.text(max_size=200))
def test_hostile_text_never_crashes(text):
    parse_challenges([text, "Digest " + text])
    Verifier("a", "b", realm="r").accepts("PLAY", "Digest " + text)


def test_credentials_do_not_show_themselves():
    assert "pw" not in repr(Credentials("me", "pw", Challenge("basic", "r")))
