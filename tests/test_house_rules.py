"""The sizes and habits that keep the code readable (CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

ROOMS = ("collectors", "sql", "metrics", "dashboard", "delivery", "benchmarks", "tests")
LONGEST_FILE = 400
LONGEST_FUNCTION = 45


def our_files(*suffixes: str) -> list[Path]:
    """Return our own files with one of the suffixes."""
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in suffixes]
    return sorted([*found, ROOT / "app.py"] if ".py" in suffixes else found)


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): path.read_text().count("\n") for path in our_files(".py", ".sql")}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_forty_five_lines() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{function.name}": length_of(function)
        for path in our_files(".py")
        for function in functions_of(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in our_files(".py") if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert [path.relative_to(ROOT).as_posix() for path in silent] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b|raise Not" + "ImplementedError")
    marked = [path for path in our_files(".py", ".sql") if later.search(path.read_text(encoding="utf-8"))]
    assert [path.relative_to(ROOT).as_posix() for path in marked] == []


def test_every_test_asserts_something() -> None:
    tests = [
        (path, function)
        for path in our_files(".py")
        if path.name.startswith("test_")
        for function in functions_of(path)
    ]
    idle = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path, function in tests
        if function.name.startswith("test_") and not asserts(function)
    ]
    assert idle == []


def asserts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a test holds an assert, expects an error, or calls a helper whose name says that it checks."""
    text = ast.unparse(function)
    return bool(re.search(r"\bassert\b|pytest\.raises|\bexpect\(|\b(assert|check|expect|prove)_\w+\(", text))
