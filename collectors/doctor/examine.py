"""Examining accounts: every probe in every place, once a day. No failure stops the others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from collectors.aws import UNKNOWN_ACCOUNT, Account
from collectors.doctor.probe import Patient, Probe, probes
from collectors.errors import AccessDenied, CallUnknown, CollectorError, NotSetUp, Stopped, defect
from collectors.settings import Settings
from sql.finding import SEVERITIES, Finding
from sql.warehouse import Warehouse

RHYTHM = timedelta(days=1)


def examine_accounts(accounts: Iterable[Account], settings: Settings) -> list[Finding]:
    """What AWS says now, the worst first. Raises Stopped."""
    found = [each for account in accounts for probe in probes() for each in _ask(probe, Patient(account, settings))]
    return worst_first(found)


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then the rest; what two probes or the data say of one subject is said once."""
    once = {(each.code, each.account_id, each.region, each.subject): each for each in found}
    return sorted(once.values(), key=lambda each: (SEVERITIES.index(each.severity), each.code, each.subject))


def examine_daily(warehouse: Warehouse, accounts: Iterable[Account], settings: Settings, now: datetime) -> bool:
    """Ask AWS and save what it says, unless that happened within a day; whether it was done."""
    last = warehouse.examined_at()
    if last is not None and now - last < RHYTHM:
        return False
    try:
        live = examine_accounts(accounts, settings)
    except Stopped:
        return False
    warehouse.save_findings(live, now)
    return True


def _ask(probe: Probe, patient: Patient) -> list[Finding]:
    try:
        return probe.examine(patient)
    except Stopped:
        raise
    except Exception as error:  # a probe that fails is a finding; it stops nothing
        return [_unanswered(probe, patient.account, error)]


def _unanswered(probe: Probe, account: Account, error: Exception) -> Finding:
    known = error if isinstance(error, CollectorError) else defect(error)
    denied, unheard = isinstance(known, AccessDenied), isinstance(known, CallUnknown | NotSetUp)
    fix = "python -m collectors iam prints the policy; put it on the collector's role." if denied else known.remedy
    return Finding(
        code="probe_denied" if denied else "probe_not_offered" if unheard else "probe_failed",
        severity="info" if unheard else "warning",
        account_id=_account_id(account),
        region=account.region,
        subject=probe.title,
        wrong="This could not be examined, so what it would show is not known.",
        evidence=known.message,
        unknown=probe.unknown,
        fix=fix,
    )


def _account_id(account: Account) -> str:
    try:
        return account.account_id
    except CollectorError:
        return UNKNOWN_ACCOUNT
