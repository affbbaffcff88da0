"""python -m sql docs [--check]: write docs/tables.md from the head lines of the SQL files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sql.models import folder
from sql.publish import described

TARGET = Path(__file__).parent.parent / "docs" / "tables.md"


def tables_page() -> str:
    """The reference page of the published tables."""
    lines = [
        "# Tables in kpis.duckdb",
        "",
        "Generated from the head lines of the SQL files by `make docs`. Times are UTC; unknown is NULL, never 0.",
        "",
    ]
    for table, (grain, columns) in described().items():
        lines += [f"## {table}", "", f"{grain[0].upper()}{grain[1:]}.", "", "| column | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, meaning in columns.items()]
        lines.append("")
    return "\n".join(lines + _parts())


def _parts() -> list[str]:
    return [
        "## Data checks",
        "",
        "| check | severity | meaning |",
        "|---|---|---|",
        *(
            f"| `{name.partition('__')[2]}` | {name.partition('__')[0]} | {model.need('message')} |"
            for name, model in folder("checks").items()
        ),
        "",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sql", description=__doc__)
    parser.add_argument("command", choices=["docs"])
    parser.add_argument("--check", action="store_true", help="only say whether the page is current; exit 1 if not")
    options = parser.parse_args()
    page = tables_page()
    if options.check:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        print("docs/tables.md is current" if current else "docs/tables.md is old: run `make docs`")
        return 0 if current else 1
    TARGET.write_text(page, encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
