"""Samples of rejects hold no secret, no address and no card number, whatever stands around them."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sql.scrub import SAMPLE_CHARACTERS, scrub

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PREFIXES = ("AKIA", "ASIA", "AROA", "AIDA", "ANPA", "AGPA", "ASCA")
UPPER = string.ascii_uppercase + string.digits
around = st.text(st.characters(codec="utf-8", exclude_characters="@", exclude_categories=["Nd", "Cs"]), max_size=60)
access_keys = st.builds(
    lambda prefix, rest: prefix + rest, st.sampled_from(PREFIXES), st.text(UPPER, min_size=16, max_size=17)
)
emails = st.emails().filter(lambda each: len(each) < 100)
tokens = st.text(string.ascii_letters + string.digits + "-._~+/", min_size=12, max_size=80).filter(
    lambda each: each.strip(string.digits) != ""
)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """13 to 19 digits, in one run or in groups."""
    digits = draw(st.text(string.digits, min_size=13, max_size=19))
    size, separator = draw(st.integers(3, 6)), draw(st.sampled_from(["", " ", "-", " - "[:2]]))
    return separator.join(digits[at : at + size] for at in range(0, len(digits), size))


@pytest.mark.parametrize(
    "text",
    [
        f"secret_access_key={SECRET}",
        f"aws_secret_access_key = {SECRET}",
        f'{{"SecretAccessKey": "{SECRET}"}}',
        f'"aws_session_token": "{SECRET} {SECRET}"',
        f"x-api-key: {SECRET}",
        f'{{"headers": {{"x-api-key":"{SECRET}"}}}}',
        f"apiKey={SECRET}&page=2",
        f"Authorization: Bearer {SECRET}",
        f"sent bearer {SECRET} along",
        f"Authorization: AWS4-HMAC-SHA256 Credential=x/20261101/us-east-1, Signature={SECRET}",
        f"Cookie: theme=dark; sid={SECRET}",
        f"https://host/x?X-Amz-Security-Token={SECRET}&X-Amz-Signature={SECRET}",
        f"{{'password': '{SECRET}'}}",
        json.dumps(json.dumps({"password": SECRET, "a": {"text": f"it is {SECRET}"}})),
        f"the key {SECRET} on its own",
        f"eyJhbGciOiJIUzI1NiJ9.{SECRET.replace('/', '_')}.c2ln",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_hidden_however_it_is_written(text: str) -> None:
    safe = scrub(text)
    assert [part for part in ("wJalr", "MDENG", "EXAMPLEKEY") if part in safe] == []


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude",
        '{"inputTokens": 1234, "outputTokens": 56, "totalTokens":1290}',
        '{"traceId": "69e9cc4771d7cabe0d8e8cea33b6b338", "spanId": "1234567890abcdef"}',
        "start_time -3 in 'a1' of trace 69e9cc4771d7cabe0d8e8cea33b6b338",
        "token: null, 2026-11-20T12:00:00Z",
    ],
)
def test_what_helps_to_find_a_mistake_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "number", ["4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "card4111111111111111x"]
)
def test_card_numbers_are_masked_with_blanks_dashes_and_letters_around(number: str) -> None:
    assert not any(group in scrub(f"paid with {number} today") for group in ("4111", "1111", "822463", "10005"))


@given(around, access_keys, around)
def test_no_access_key_id_survives(before: str, key: str, after: str) -> None:
    assert key not in scrub(before + key + after)


@given(around, emails, around)
@example("", "a@b.c", "").via("the shortest")
def test_no_e_mail_survives(before: str, email: str, after: str) -> None:
    safe = scrub(f"{before} {email} {after}")
    assert email not in safe
    assert "@" not in safe


@given(around, cards(), around)
def test_no_card_number_survives(before: str, card: str, after: str) -> None:
    safe = scrub(before + card + after)
    assert card not in safe
    assert sum(each.isdigit() for each in safe) < 7


@given(around, tokens)
def test_no_bearer_token_survives(before: str, token: str) -> None:
    assume(token not in before)
    assert token not in scrub(f"{before} Bearer {token}")


@given(around, st.sampled_from(["secret_access_key=", 'aws_session_token": "', "x-api-key: "]), tokens)
def test_no_value_of_a_secret_survives(before: str, name: str, token: str) -> None:
    assume(token not in before)
    assert token not in scrub(f"{before}{name}{token}")


pieces = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.text("0123456789 -.", max_size=30),
        st.sampled_from(["secret=", '"token": "', '\\"password\\":\\"', "Bearer ", "Authorization: ", '"text":"', '"',
                         "\\", "[hidden]", "[access key]", "…", "arn:aws:s3:::", "\n", "eyJhbGciOi", "@x.y"]),
        access_keys, emails, cards(), tokens,
    ),
    max_size=60,
)  # fmt: skip


@given(pieces)
def test_scrubbing_again_changes_nothing_and_a_sample_is_short(parts: list[str]) -> None:
    once = scrub("".join(parts))
    assert scrub(once) == once
    assert len(once) <= SAMPLE_CHARACTERS + 1


@given(st.integers(0, 1300), access_keys, cards(), emails)
def test_nothing_survives_where_a_long_text_is_cut(lead: int, key: str, card: str, email: str) -> None:
    long_mask = "x" * 150 + ' "text": "' + "y" * lead + '" '
    safe = scrub(f"{long_mask} {key} {card} {email} {key}")
    assert [each for each in (key[:9], card[:9], email) if each in safe] == []
