"""ledger.toml and the environment as frozen, validated settings.

LEDGER_CONFIG names the file (default ./ledger.toml, which may be absent), LEDGER_HOME the folder of the data files
(default ./data). ledger.example.toml shows every setting. Every mistake is a BadSetting that names the key, the file
and what is allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from collectors.aws import AwsSettings
from collectors.errors import BadSetting
from collectors.toml import Section, read
from sql.config import ConfigTables, Contract, PriceOverride, Target

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
class SourceSettings:
    """What the owner says about one source. `groups`: log groups; `overlap`: None keeps the source's own."""

    enabled: bool = True
    groups: tuple[str, ...] = ()
    overlap: timedelta | None = None


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know. `file` is None when there is no ledger.toml."""

    home: Path
    file: Path | None = None
    aws: AwsSettings = field(default_factory=AwsSettings)
    first: timedelta = timedelta(days=14)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    tables: ConfigTables = field(default_factory=ConfigTables)

    def source(self, key: str) -> SourceSettings:
        """The settings of a source, or the defaults."""
        return self.sources.get(key, SourceSettings())


@dataclass(frozen=True)
class Choices:
    """What settings may name: sources, those of them that take log groups, and KPIs."""

    sources: Collection[str]
    with_groups: Collection[str]
    kpis: Collection[str]


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
        return Settings(home=home(environment), tables=ConfigTables(org=_org(Section({}, "", "org"))))
    return load_file(path, home(environment), choices)


def load_file(path: Path, folder: Path, choices: Choices) -> Settings:
    """The settings of one file. Raises BadSetting."""
    top = read(path)
    settings = Settings(
        home=folder,
        file=path,
        tables=_tables(top, choices),
        aws=_aws(top.table("aws")),
        first=_first(top.table("collect")),
        sources=_sources(top.table("sources"), choices),
    )
    top.done()
    return settings


def _tables(top: Section, choices: Choices) -> ConfigTables:
    org = _org(top.table("org"))
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
    )


def _org(section: Section) -> dict[str, str]:
    org = {
        "name": section.text("name") or "",
        "timezone": section.timezone("timezone", "UTC"),
        "currency": section.text("currency", like="[A-Z]{3}") or "USD",
    }
    section.done()
    return org


def _aws(section: Section) -> AwsSettings:
    settings = AwsSettings(
        profile=section.text("profile"),
        region=section.text("region", like=REGION_LIKE),
        role_arn=section.text("role_arn", like=ROLE_LIKE),
        endpoint_url=section.text("endpoint_url", like=URL_LIKE),
    )
    section.done()
    return settings


def _first(section: Section) -> timedelta:
    days = section.number("first_days", 1, LONGEST_FIRST_DAYS)
    section.done()
    return timedelta(days=14 if days is None else float(days))


def _sources(section: Section, choices: Choices) -> dict[str, SourceSettings]:
    found = {key: _source(section.table(key), key in choices.with_groups) for key in choices.sources}
    section.done()
    return found


def _source(section: Section, takes_groups: bool) -> SourceSettings:
    settings = SourceSettings(
        enabled=section.flag("enabled", True),
        groups=section.texts("groups") if takes_groups else (),
        overlap=section.duration("overlap"),
    )
    section.done()
    return settings


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
        environment=section.text("environment"),
        max_task_hours=_or_day(section.real("max_task_hours", 0.01, 8_760)),
    )
    targets = [_target(target, agent_id, choices) for target in section.tables("targets")]
    section.done()
    return contract, targets


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
