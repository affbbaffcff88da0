"""`mode`: what `make run` collects from."""

from __future__ import annotations

import argparse
import os

from collectors.aws import has_credentials
from collectors.commands import DONE, Commands
from collectors.settings import config_file


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    commands.add_parser("mode").set_defaults(command=show)


def show(asked: argparse.Namespace) -> int:
    """account or demo."""
    print("account" if config_file(os.environ) is not None or has_credentials() else "demo")
    return DONE
