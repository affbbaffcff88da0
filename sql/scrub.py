"""Make a sample of a rejected record safe to keep and to show."""

from __future__ import annotations

import re

SAMPLE_CHARACTERS = 200
LOOKED_AT = 2 * SAMPLE_CHARACTERS
_ARN_ACCOUNT = r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d{12}:"
_NAMES = (
    r"(?:password|passwd|passphrase|secret|credential|signature|(?:api|access|private|account|encryption)[-_. ]?key)"
)
_HINTS = ("pass", "secret", "credential", "signature", "key")
_SCHEMES = ("bearer", "basic", "digest", "negotiate")
# Between name and value: the rest of the name, a closing quote, which may be escaped (JSON inside JSON), and : = or =>.
_IS = r"""[\w.-]*\\*["']?\s*[:=]>?\s*"""
_QUOTED = r"""(\\*["'])(?:(?!\2)(?:\\.|[^\\]))+"""
_PLAIN = r"""(?!(?:null|none|true|false)\b)[^\s"'\\,;&}]{4,}"""
_DASH = r"\-\u2010-\u2015"
# A rule: what one of must occur in the text in lower case (which is quick to see), the pattern, and its mask.
_RULES = (
    # Free text of prompts and answers has no place in a sample, whatever it says.
    (
        ('"',),
        r'(?s)(\\*"(?:text|content|message|prompt|completion|comment|input|output|match)\\*"\s*:\s*(\\*"))'
        r"(?:(?!\2)(?:\\.|[^\\]))+",
        r"\1[text]",
    ),
    (("begin",), r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*-----|\Z)", "[private key]"),
    (
        ("authorization", "cookie", "token", *_HINTS),
        rf"(?is)((?:authorization|cookie|token|{_NAMES}){_IS}){_QUOTED}",
        r"\1\2[hidden]",
    ),
    (
        ("authorization", "cookie"),
        rf"(?i)((?:authorization|cookie){_IS})(?![\"'\\])[^\"\r\n]+",
        r"\1[hidden]",
    ),
    (_HINTS, rf"(?i)({_NAMES}{_IS}){_PLAIN}", r"\1[hidden]"),
    # A number that follows "token" is a count.
    (("token",), rf"(?i)(token{_IS})(?!\d+\b){_PLAIN}", r"\1[hidden]"),
    (_SCHEMES, rf"(?i)\b({'|'.join(_SCHEMES)})(\s+)(?!\[hidden\])[\w~+/=.:-]{{8,}}", r"\1\2[hidden]"),
    (("eyj",), r"eyJ[\w-]{5,}(?:\.[\w-]*){1,2}", "[token]"),
    ((), r"(?:\b(?:sk|pk|rk|gh[a-z]|glpat|xox[a-z])|github_pat)[-_][\w-]{10,}", "[token]"),
    ((), r"A(?:KIA|SIA|ROA|IDA|NPA|GPA|SCA|NVA|IPA|BIA|CCA|PKA)[A-Z0-9]{12,}", "[access key]"),
    (
        ("@", "%40", "\\u0040"),
        r"""(?:"[^"\n]{1,64}"|[^\s"<>,;:()\[\]\\@]{1,64})(?:@|%40|\\u0040)(?:[\w.-]+|\[[\w.:]+\])""",
        "[e-mail]",
    ),
    ((), r"(?<![\w/+=])[A-Za-z0-9/+]{40}(?![\w/+=])", "[key]"),
    ((".",), r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "[ip]"),
    ((), rf"\d(?:[\s{_DASH}]{{0,2}}\d){{12,}}", "[digits]"),
    ((), rf"({_ARN_ACCOUNT})|\b\d{{7,}}\b", lambda found: found[1] or "[digits]"),
)
_COMPILED = tuple((hints, re.compile(pattern), mask) for hints, pattern, mask in _RULES)
# What the end of a cut text may be half of.
_HALF = re.compile(rf"[\s\d{_DASH}]*\S{{0,80}}\Z")


def scrub(text: str) -> str:
    """The first 200 characters of `text` with secrets, addresses, long numbers and free text masked.

    What comes out is not changed by scrubbing it once more. Account ids in ARNs stay. Half a pair of surrogates, which
    no file can hold, becomes a question mark.
    """
    safe = text if len(text) <= LOOKED_AT else _HALF.sub("", text[:LOOKED_AT]) + "…"
    safe = safe.encode(errors="replace").decode()
    before = None
    while safe != before:
        before, safe = safe, _masked(safe)
    return safe


def _masked(text: str) -> str:
    lower = text.lower()
    for hints, pattern, mask in _COMPILED:
        if not hints or any(hint in lower for hint in hints):
            text = pattern.sub(mask, text)
    return text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + "…"
