"""A reader that stops reading, as `| head` does, gets no traceback."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("command", [["metrics", "list"], ["collectors", "iam"]], ids=" ".join)
def test_a_closed_pipe_is_no_error_to_show(command: list[str]) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    told = running.stderr.read()
    running.stderr.close()
    running.wait()
    assert told == ""
