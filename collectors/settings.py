"""ledger.toml and the environment as frozen, validated settings.

LEDGER_CONFIG names the file (default ./ledger.toml, which may be absent), LEDGER_HOME the folder of the data files
(default ./data). ledger.example.toml shows every setting. Every mistake is a BadSetting that names the key, the file
and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from collectors.aws import AwsSettings
from collectors.errors import BadSetting
from collectors.own_files import own_folders, read_own
from collectors.retention import read_retention
from collectors.toml import Section, read
from sql.config import ConfigTables, Contract, PriceOverride, Target
from sql.retention import Retention

CONFIG_VARIABLE, DEFAULT_CONFIG = "LEDGER_CONFIG", "ledger.toml"
HOME_VARIABLE, DEFAULT_HOME = "LEDGER_HOME", "data"
REGION_LIKE = r"[a-z]{2,}(-[a-z]+)+-\d+"
ROLE_LIKE = r"arn:aws[a-z\-]*:iam::\d{12}:role/.+"
URL_LIKE = r"https?://\S+"
TASKS = ("trace", "session", "key")
SUCCESS_RULES = ("verdict", "status_ok")
BASELINE_SOURCES = ("measured", "estimated")
LIMITS = ("min", "max")
PRICE_SCOPES = ("regional", "global")
TOKEN_KINDS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
LONGEST_FIRST_DAYS = 455


@dataclass(frozen=True)
class Option:
    """A key that one source takes in ledger.toml besides `enabled`, `overlap` and `groups`.

    `keys` are the keys of each table where `kind` is tables; a key `x.*` allows every key that begins with `x.`.
    """

    name: str
    kind: Literal["text", "texts", "flag", "tables"]
    meaning: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceSettings:
    """What the owner says about one source. `groups`: log groups; `overlap`: None keeps the source's own.

    `options` holds the source's own keys as far as they are given; `hosts` are those of every contract.
    """

    enabled: bool = True
    groups: tuple[str, ...] = ()
    overlap: timedelta | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountSettings:
    """One account to read: how to reach it, and its regions (None: the region of the AWS configuration)."""

    aws: AwsSettings
    regions: tuple[str | None, ...]


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know. `file` is None when there is no ledger.toml.

    `entered`: journal records beside those of the app, which only the example organisation has.
    """

    home: Path
    file: Path | None = None
    aws: AwsSettings = field(default_factory=AwsSettings)
    accounts: tuple[AccountSettings, ...] = ()
    parallel: int = 4
    first: timedelta = timedelta(days=14)
    budget_usd: float | None = None
    retention: Retention = field(default_factory=Retention)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    tables: ConfigTables = field(default_factory=ConfigTables)
    entered: tuple[Mapping[str, Any], ...] = ()

    def source(self, key: str) -> SourceSettings:
        """The settings of a source, or the defaults."""
        return self.sources.get(key, SourceSettings())

    @property
    def every_account(self) -> tuple[AccountSettings, ...]:
        """The accounts to read: those of [[accounts]], else the one that [aws] leads to."""
        return self.accounts or (AccountSettings(self.aws, (self.aws.region,)),)


@dataclass(frozen=True)
class Choices:
    """What settings may name: sources, those with log groups, KPIs, sources' own keys, and what is off by default."""

    sources: Collection[str]
    with_groups: Collection[str]
    kpis: Collection[str]
    options: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    off: Collection[str] = ()


def home(environment: Mapping[str, str]) -> Path:
    """The folder of the data files."""
    return Path(environment.get(HOME_VARIABLE) or DEFAULT_HOME)


def config_file(environment: Mapping[str, str]) -> Path | None:
    """The settings file, or None when none is named and ./ledger.toml does not exist."""
    named = environment.get(CONFIG_VARIABLE)
    path = Path(named or DEFAULT_CONFIG)
    return path if named or path.exists() else None


def load(environment: Mapping[str, str], choices: Choices) -> Settings:
    """The settings that the environment leads to. Raises BadSetting."""
    path = config_file(environment)
    if path is None:
        org, folders = _org(Section({}, "", "org"), Path())
        return Settings(home=home(environment), tables=ConfigTables(org=org, own_files=read_own(folders)))
    return load_file(path, home(environment), choices)


def load_file(path: Path, folder: Path, choices: Choices) -> Settings:
    """The settings of one file. Raises BadSetting."""
    top = read(path)
    aws, regions, parallel = _aws(top.table("aws"))
    tables = _tables(top, choices, path.parent)
    settings = Settings(
        home=folder,
        file=path,
        tables=tables,
        aws=aws,
        accounts=_accounts(top.tables("accounts"), aws, regions),
        parallel=parallel,
        first=_first(top.table("collect")),
        budget_usd=_budget(top.table("budget")),
        retention=read_retention(top.table("retention")),
        sources=_sources(top.table("sources"), choices, tuple(h for c in tables.contracts for h in c.hosts)),
    )
    top.done()
    return settings


def _tables(top: Section, choices: Choices, beside: Path) -> ConfigTables:
    org, folders = _org(top.table("org"), beside)
    own_files = read_own(folders)
    choices = replace(choices, kpis={*choices.kpis, *(each.name for each in own_files if each.kind == "kpi")})
    agents = top.tables("agents")
    read_agents = [_agent(agent, choices) for agent in agents]
    contracts = tuple(contract for contract, _ in read_agents)
    _refuse_twice(agents, [contract.agent_id for contract in contracts])
    return ConfigTables(
        org=org,
        contracts=contracts,
        targets=tuple(target for _, targets in read_agents for target in targets),
        prices=tuple(_price(price) for price in top.tables("prices")),
        model_aliases=_aliases(top.table("models")),
        own_files=own_files,
    )


def _org(section: Section, beside: Path) -> tuple[dict[str, str], dict[str, Path]]:
    """What the organisation says of itself, and where its own SQL lies."""
    org = {
        "name": section.text("name") or "",
        "timezone": section.timezone("timezone", "UTC"),
        "currency": section.text("currency", like="[A-Z]{3}") or "USD",
    }
    folders = own_folders(section, beside)
    section.done()
    return org | {f"{setting}_folder": str(folder) for setting, folder in folders.items()}, folders


def _aws(section: Section) -> tuple[AwsSettings, tuple[str, ...], int]:
    """How to reach AWS, the regions to read, and how many accounts × regions are read at once."""
    settings = AwsSettings(
        profile=section.text("profile"),
        region=section.text("region", like=REGION_LIKE),
        role_arn=section.text("role_arn", like=ROLE_LIKE),
        endpoint_url=section.text("endpoint_url", like=URL_LIKE),
    )
    regions = _regions(section)
    parallel = section.number("parallel", 1, 16)
    section.done()
    if settings.region is None and regions:
        settings = replace(settings, region=regions[0])
    return settings, regions, 4 if parallel is None else int(parallel)


def _regions(section: Section) -> tuple[str, ...]:
    regions = section.texts("regions")
    for region in regions:
        if not re.fullmatch(REGION_LIKE, region) or regions.count(region) > 1:
            raise section.bad("regions", region, "regions such as eu-central-1, each once")
    return regions


def _accounts(sections: list[Section], aws: AwsSettings, regions: tuple[str, ...]) -> tuple[AccountSettings, ...]:
    """Each account by its role or profile; what it leaves out is as in [aws]."""
    usual: tuple[str | None, ...] = regions or (aws.region,)
    if not sections:
        return (AccountSettings(aws, usual),) if regions else ()
    found: list[AccountSettings] = []
    for section in sections:
        own = replace(
            aws,
            profile=section.text("profile") or aws.profile,
            role_arn=section.text("role_arn", like=ROLE_LIKE) or aws.role_arn,
        )
        account = AccountSettings(own, _regions(section) or usual)
        section.done()
        if any(other.aws == own for other in found):
            raise section.bad("role_arn", own.role_arn, "another role or profile than the accounts before it")
        found.append(account)
    return tuple(found)


def _first(section: Section) -> timedelta:
    days = section.number("first_days", 1, LONGEST_FIRST_DAYS)
    section.done()
    return timedelta(days=14 if days is None else float(days))


def _budget(section: Section) -> float | None:
    """USD a month (UTC) that reading may cost before paid sources are read less often."""
    usd = section.real("monthly_usd", 0, 1_000_000)
    section.done()
    return usd


def _sources(section: Section, choices: Choices, hosts: tuple[str, ...]) -> dict[str, SourceSettings]:
    found = {key: _source(section.table(key), key, choices, hosts) for key in choices.sources}
    section.done()
    return found


def _source(section: Section, key: str, choices: Choices, hosts: tuple[str, ...]) -> SourceSettings:
    given = {option.name: _option(section, option) for option in choices.options.get(key, ())}
    settings = SourceSettings(
        enabled=section.flag("enabled", key not in choices.off),
        groups=section.texts("groups") if key in choices.with_groups else (),
        overlap=section.duration("overlap"),
        options={name: value for name, value in given.items() if value not in (None, ())},
        hosts=hosts,
    )
    section.done()
    return settings


def _option(section: Section, option: Option) -> Any:
    match option.kind:
        case "text":
            return section.text(option.name)
        case "texts":
            return section.texts(option.name)
        case "flag":
            return section.flag(option.name, False)
    return tuple(_texts_of(table.flat(), option.keys) for table in section.tables(option.name))


def _texts_of(section: Section, keys: tuple[str, ...]) -> dict[str, str]:
    """A table of texts, inner tables as `table.key`; a key `x.*` stands for every key that begins with `x.`."""
    begins = tuple(key.removesuffix("*") for key in keys if key.endswith(".*"))
    free = [key for key in section.values if key.startswith(begins)] if begins else []
    given = {key: section.text(key) for key in [*(key for key in keys if not key.endswith(".*")), *free]}
    section.done()
    return {key: value for key, value in given.items() if value is not None}


def _agent(section: Section, choices: Choices) -> tuple[Contract, list[Target]]:
    agent_id = section.needed("id")
    section.rename(f"agents {agent_id}")
    contract = Contract(
        agent_id=agent_id,
        agent_name=section.text("name") or agent_id,
        hosts=section.texts("hosts"),
        owner=section.text("owner"),
        team=section.text("team"),
        purpose=section.text("purpose"),
        trigger=section.text("trigger"),
        done_when=section.text("done_when"),
        task=section.choice("task", "trace", TASKS),
        success_rule=section.choice("success_rule", "verdict", SUCCESS_RULES),
        confidence_threshold=section.real("confidence_threshold", 0, 1),
        baseline_minutes=section.real("baseline_minutes", 0, 100_000),
        baseline_source=section.text("baseline_source", choices=BASELINE_SOURCES),
        baseline_on=section.day("baseline_on"),
        **_baseline_range(section),
        hourly_rate_usd=section.real("hourly_rate_usd", 0, 100_000),
        error_cost_usd=section.real("error_cost_usd", 0, 1e9),
        setup_cost_usd=section.real("setup_cost_usd", 0, 1e12),
        monthly_cost_usd=section.real("monthly_cost_usd", 0, 1e12),
        monthly_budget_usd=section.real("monthly_budget_usd", 0.01, 1e12),
        deadline_minutes=section.real("deadline_minutes", 0.01, 525_600),
        data_max_age_days=section.real("data_max_age_days", 0.01, 36_500),
        product=section.text("product"),
        environment=section.text("environment"),
        max_task_hours=_or_day(section.real("max_task_hours", 0.01, 8_760)),
    )
    targets = [_target(target, agent_id, choices) for target in section.tables("targets")]
    section.done()
    return contract, targets


def _baseline_range(section: Section) -> dict[str, float | None]:
    """The least and the most that people take for one task, where the owner knows them."""
    low, high = section.real("baseline_low_minutes", 0, 100_000), section.real("baseline_high_minutes", 0, 100_000)
    if (low is None) != (high is None):
        raise section.bad("baseline_low_minutes", low, "given together with baseline_high_minutes")
    if low is not None and high is not None and high < low:
        raise section.bad("baseline_high_minutes", high, f"at least baseline_low_minutes ({low})")
    return {"baseline_low_minutes": low, "baseline_high_minutes": high}


def _or_day(hours: float | None) -> float:
    return 24.0 if hours is None else hours


def _target(section: Section, agent_id: str, choices: Choices) -> Target:
    target = Target(
        agent_id=agent_id,
        kpi=section.needed("kpi", choices=choices.kpis),
        target=float(section.needed_number("target", -1e12, 1e12)),
        limit_kind=section.needed("limit", choices=LIMITS),
        valid_from=section.needed_day("from"),
        valid_to=section.day("to"),
    )
    if target.valid_to is not None and target.valid_to <= target.valid_from:
        raise section.bad("to", target.valid_to, f"a date after {target.valid_from}")
    section.done()
    return target


def _price(section: Section) -> PriceOverride:
    model = section.needed("model")
    section.rename(f"prices {model}")
    price = PriceOverride(
        model=model,
        scope=section.choice("scope", "regional", PRICE_SCOPES),
        tier=section.text("tier") or "default",
        token_kind=section.needed("token_kind", choices=TOKEN_KINDS),
        valid_from=section.needed_day("from"),
        usd_per_mtok=section.needed_number("usd_per_mtok", 0, 1_000_000),
        source=section.needed("source"),
    )
    section.done()
    return price


def _aliases(section: Section) -> dict[str, str]:
    """Every key is an inference-profile ARN or id, every value the model behind it."""
    aliases = {key: section.needed(key) for key in section.values}
    section.done()
    return aliases


def _refuse_twice(agents: list[Section], ids: list[str]) -> None:
    for section, agent_id in zip(agents, ids, strict=True):
        if ids.count(agent_id) > 1:
            raise section.bad("id", agent_id, "an id that no other [[agents]] has")


def unknown_source(key: str, known: Collection[str]) -> BadSetting:
    """The error for a source that does not exist."""
    return BadSetting(f"There is no source '{key}'.", f"Allowed: {', '.join(known)}.")
