"""Make a sample of a rejected record safe to keep and to show."""

from __future__ import annotations

import re

SAMPLE_CHARACTERS = 200
_PATTERNS = (
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), "[access key]"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "[e-mail]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "[ip]"),
    (
        re.compile(r"(?i)(authorization|cookie|password|secret|token)(\"?\s*[:=]\s*\"?)(?!\d+\b)[^\s\",}]{4,}"),
        r"\1\2[hidden]",
    ),
    (re.compile(r"\b\d{7,}\b"), "[digits]"),
)
# Free text of prompts and answers has no place in a sample, whatever it says.
_CONTENT = re.compile(
    r'("(?:text|content|message|prompt|completion|comment|input|output|match)"\s*:\s*")((?:[^"\\]|\\.)*)'
)


def scrub(text: str) -> str:
    """The first 200 characters of `text` with secrets, addresses, long numbers and free text masked."""
    safe = _CONTENT.sub(r"\1[text]", text[: 10 * SAMPLE_CHARACTERS])
    for pattern, mask in _PATTERNS:
        safe = pattern.sub(mask, safe)
    return safe if len(safe) <= SAMPLE_CHARACTERS else safe[:SAMPLE_CHARACTERS] + "…"
