"""Which accounts a command reads, with which settings and up to when."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collectors.aws import AwsAccount, has_credentials
from collectors.errors import NoAccount
from collectors.job import Place
from collectors.own_files import own_folders, read_own
from collectors.settings import Choices, Settings, config_file, home, load
from collectors.source import sources
from collectors.toml import Section
from sql.models import folder


def aws_accounts() -> tuple[tuple[Place, ...], Settings, Callable[[], datetime]]:
    """The accounts that settings and environment lead to. Raises NoAccount, BadSetting."""
    settings = load(os.environ, choices())
    if settings.file is None and not has_credentials():
        raise NoAccount(
            "There are no AWS credentials and no ledger.toml, so there is no account to read.",
            "To look around: python -m collectors run --demo. To connect an account: set AWS_PROFILE (or any other AWS "
            "credentials) or copy ledger.example.toml to ledger.toml, then run again.",
        )
    tables = replace(settings.tables, org={**settings.tables.org, "kind": "account"})
    return places(settings), replace(settings, tables=tables), utc_now


def places(settings: Settings) -> tuple[Place, ...]:
    """Every account in every region to read. A missing region or profile is a bad setting, found before anything."""
    found: list[Place] = []
    for each in settings.every_account:
        for number, region in enumerate(each.regions):
            account = AwsAccount(replace(each.aws, region=region))
            _ = account.region
            found.append(Place(account, first_of_account=number == 0, first_of_all=not found))
    return tuple(found)


def demo_account() -> tuple[tuple[Place, ...], Settings, Callable[[], datetime]]:
    """The example account, whose records end where it says and whose first window is its whole span.

    It takes no ledger.toml, but the owner's own files of the usual folders beside it: to try them out.
    """
    from collectors.demo.account import DemoAccount  # here, because no other pass needs them and they are slow to load
    from collectors.demo.actions import entered
    from collectors.demo.contracts import demo_config

    account = DemoAccount()
    end = account.end + timedelta(seconds=60)
    folders = own_folders(Section({}, "", "org"), (config_file(os.environ) or Path()).parent)
    demo = demo_config()
    org = demo.org | {f"{setting}_folder": str(folder) for setting, folder in folders.items()}
    tables = replace(demo, org=org, own_files=read_own(folders))
    said = entered(account.begin, account.end)
    settings = Settings(home=home(os.environ), first=end - account.begin, tables=tables, entered=said)
    return (Place(account),), settings, lambda: end


def choices() -> Choices:
    """What ledger.toml may name."""
    known = sources()
    return Choices(
        sources=tuple(known),
        with_groups=frozenset(key for key, source in known.items() if source.takes_groups),
        kpis=frozenset(folder("kpis")),
        options={key: source.options for key, source in known.items()},
        off=frozenset(key for key, source in known.items() if not source.enabled),
    )


def utc_now() -> datetime:
    """The time, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)
