"""A plain table as HTML: row headers left, everything else right, blocks below 960 px."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.words import esc


def table(first: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]], nothing: str = "None.") -> str:
    """A table whose cells are HTML already. `first` heads the column of row headers; `nothing` stands for no rows."""
    if not rows:
        return f'<p class="al quiet">{nothing}</p>'
    head = "".join(f'<th scope="col" class="num">{name}</th>' for name in heads)
    body = "".join(_row(heads, row) for row in rows)
    return (
        '<div class="al rows"><table><thead>'
        f'<tr><th scope="col">{first}</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def named(name: object, *under: str) -> str:
    """A row header: the name in bold, smaller lines (HTML) under it."""
    lines = "".join(f'<span class="under">{line}</span>' for line in under if line)
    return f'<span class="b">{esc(name)}</span>{lines}'


def code(text: object) -> str:
    """Text to copy."""
    return f"<code>{esc(text)}</code>" if text else ""


def _row(heads: Sequence[str], row: tuple[str, ...]) -> str:
    cells = (f'<td class="num" data-l="{name}">{cell}</td>' for name, cell in zip(heads, row[1:], strict=True))
    return f'<tr><th scope="row">{row[0]}</th>{"".join(cells)}</tr>'
