"""ledger.toml: the example is valid, and every mistake names the key, the file and what is allowed."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.accounts import choices
from collectors.aws import AwsSettings
from collectors.errors import BadSetting
from collectors.settings import Choices, Option, Settings, load, load_file
from sql.config import Contract, PriceOverride, Target
from tests.conftest import ROOT

CHOICES = Choices(sources=("span_logs", "xray_traces"), with_groups={"span_logs"}, kpis={"success_rate", "spend"})
AGENT = "[[agents]]\nid = 'a'\n"
TARGET = AGENT + "targets = [{ kpi = 'spend', target = 5, limit = 'max', from = 2026-01-01 %s}]"
PRICE = "[[prices]]\nmodel = 'm'\ntoken_kind = '%s'\nusd_per_mtok = %s\nfrom = 2026-01-01\nsource = 's'\n"
SECTIONS = "accounts, agents, aws, budget, collect, models, org, prices, retention, sources"
BAD = [
    ("[budget]\nmonthly_usd = -1", "[budget] monthly_usd is -1.", "a number from 0 to 1e+06"),
    ("[orgs]\n", "there is no setting 'orgs'.", SECTIONS),
    ("[org]\ntimezome = 'UTC'", "[org] has no setting 'timezome'.", "currency, kpis, name, rules, timezone"),
    (
        "[org]\ntimezone = 'Mars/Base'",
        "[org] timezone is 'Mars/Base'.",
        "an IANA time zone such as UTC, Europe/Berlin or America/New_York",
    ),
    ("[org]\ncurrency = 'usd'", "[org] currency is 'usd'.", "a text that matches [A-Z]{3}"),
    ("[org]\nname = ''", "[org] name is ''.", "a text that is not empty"),
    ("org = 3", "org is 3.", "a table: [org]"),
    ("[aws]\nregion = 'useast1'", "[aws] region is 'useast1'.", r"a text that matches [a-z]{2,}(-[a-z]+)+-\d+"),
    (
        "[aws]\naccess_key = 'x'",
        "[aws] has no setting 'access_key'.",
        "endpoint_url, parallel, profile, region, regions, role_arn",
    ),
    ("[collect]\nfirst_days = 0", "[collect] first_days is 0.", "a number from 1 to 455"),
    ("[collect]\nfirst_days = true", "[collect] first_days is True.", "a number from 1 to 455"),
    ("[sources.spans]\n", "[sources] has no setting 'spans'.", "span_logs, xray_traces"),
    ("[sources.span_logs]\nenabled = 1", "[sources.span_logs] enabled is 1.", "true or false"),
    (
        "[sources.span_logs]\noverlap = '2 hours'",
        "[sources.span_logs] overlap is '2 hours'.",
        "a duration such as 90s, 30m, 2h or 1d",
    ),
    ("[sources.span_logs]\ngroups = 'a'", "[sources.span_logs] groups is 'a'.", "a list of texts"),
    ("[sources.xray_traces]\ngroups = ['a']", "[sources.xray_traces] has no setting 'groups'.", "enabled, overlap"),
    ("[[agents]]\nname = 'x'", "[agents 1] id is missing.", None),
    ("[agents]\nid = 'x'", "agents is {'id': 'x'}.", "a list of tables: [[agents]]"),
    (AGENT + "task = 'run'", "[agents a] task is 'run'.", "one of key, session, trace"),
    (AGENT + "success_rule = 'ok'", "[agents a] success_rule is 'ok'.", "one of status_ok, verdict"),
    (AGENT + "confidence_threshold = 70", "[agents a] confidence_threshold is 70.", "a number from 0 to 1"),
    (AGENT + "baseline_source = 'felt'", "[agents a] baseline_source is 'felt'.", "one of estimated, measured"),
    (AGENT + AGENT, "[agents a] id is 'a'.", "an id that no other [[agents]] has"),
    (TARGET % ", til = 2026-02-01", "[agents a.targets 1] has no setting 'til'.", "from, kpi, limit, target, to"),
    (TARGET % ", to = 2025-12-31", "[agents a.targets 1] to is 2025-12-31.", "a date after 2026-01-01"),
    (TARGET.replace("spend", "spent") % "", "[agents a.targets 1] kpi is 'spent'.", "one of spend, success_rate"),
    (TARGET.replace("'max'", "'most'") % "", "[agents a.targets 1] limit is 'most'.", "one of max, min"),
    (
        TARGET.replace("2026-01-01", "'2026-01-01'") % "",
        "[agents a.targets 1] from is '2026-01-01'.",
        "a date without quotes, such as 2026-01-31",
    ),
    (
        PRICE % ("tokens", 1),
        "[prices m] token_kind is 'tokens'.",
        "one of cache_read, cache_write_1h, cache_write_5m, input, output",
    ),
    (PRICE % ("input", -1), "[prices m] usd_per_mtok is -1.", "a number from 0 to 1e+06"),
    ("[models]\narn = 3", "[models] arn is 3.", "a text that is not empty"),
]


def written(folder: Path, text: str) -> Settings:
    """The settings of a ledger.toml with this text."""
    path = folder / "ledger.toml"
    path.write_text(text)
    return load_file(path, folder, CHOICES)


@pytest.mark.parametrize(("text", "problem", "allowed"), BAD)
def test_a_mistake_names_the_key_the_file_and_what_is_allowed(
    tmp_path: Path, text: str, problem: str, allowed: str | None
) -> None:
    with pytest.raises(BadSetting) as caught:
        written(tmp_path, text)
    assert caught.value.message == f"ledger.toml: {problem}"
    assert caught.value.remedy == ("[agents 1] needs it." if allowed is None else f"Allowed: {allowed}.")


def test_what_is_no_toml_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"ledger.toml is not valid TOML: .*line 2.* ledger.example.toml shows"):
        written(tmp_path, "[org]\nname = unquoted")


def test_a_file_that_is_named_and_absent_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"none.toml cannot be read: No such file.* Set LEDGER_CONFIG"):
        load({"LEDGER_CONFIG": str(tmp_path / "none.toml")}, CHOICES)


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({}, CHOICES)
    assert (settings.home, settings.file, settings.aws, settings.first) == (
        Path("data"),
        None,
        AwsSettings(),
        timedelta(days=14),
    )
    assert settings.tables.org == {"name": "", "timezone": "UTC", "currency": "USD"}
    assert settings.source("span_logs").enabled


def test_ledger_toml_of_the_folder_is_found_and_ledger_home_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ledger.toml").write_text("[collect]\nfirst_days = 3")
    environment: Mapping[str, str] = {"LEDGER_HOME": "/somewhere"}
    settings = load(environment, CHOICES)
    assert (settings.home, settings.first) == (Path("/somewhere"), timedelta(days=3))


def test_accounts_take_what_they_leave_out_from_aws(tmp_path: Path) -> None:
    roles = [f"arn:aws:iam::{number}:role/reader" for number in ("111122223333", "444455556666")]
    settings = written(
        tmp_path,
        f"""[aws]
        profile = "hub"
        regions = ["us-east-1", "eu-central-1"]
        parallel = 8
        [[accounts]]
        role_arn = "{roles[0]}"
        [[accounts]]
        role_arn = "{roles[1]}"
        regions = ["ap-south-1"]
        """,
    )
    assert settings.parallel == 8
    assert [(each.aws.role_arn, each.aws.profile, each.regions) for each in settings.every_account] == [
        (roles[0], "hub", ("us-east-1", "eu-central-1")),
        (roles[1], "hub", ("ap-south-1",)),
    ]


def test_without_accounts_the_one_that_aws_leads_to_is_read_in_every_region(tmp_path: Path) -> None:
    alone = written(tmp_path, "[aws]\nregion = 'eu-west-1'").every_account
    several = written(tmp_path, "[aws]\nregions = ['eu-west-1', 'us-east-1']").every_account
    assert [each.regions for each in (*alone, *several)] == [("eu-west-1",), ("eu-west-1", "us-east-1")]
    assert several[0].aws.region == "eu-west-1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[aws]\nregions = ['useast1']", "[aws] regions is 'useast1'."),
        ("[aws]\nregions = ['eu-west-1', 'eu-west-1']", "[aws] regions is 'eu-west-1'."),
        ("[aws]\nparallel = 0", "[aws] parallel is 0."),
        ("[[accounts]]\nregions = ['eu-west-1']\n[[accounts]]\n", "[accounts 2] role_arn is None."),
        ("[[accounts]]\nname = 'x'", "[accounts 1] has no setting 'name'."),
    ],
)
def test_a_mistake_in_accounts_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BadSetting, match=r"ledger\.toml") as caught:
        written(tmp_path, text)
    assert caught.value.message == f"ledger.toml: {problem}"


def test_a_source_s_own_keys_are_read_and_checked(tmp_path: Path) -> None:
    choices = Choices(
        sources=("span_logs",),
        with_groups=(),
        kpis=(),
        options={"span_logs": (Option("files", "tables", "…", ("path", "words.*")), Option("always", "flag", "…"))},
        off=("span_logs",),
    )
    path = tmp_path / "ledger.toml"
    path.write_text(
        "[sources.span_logs]\nalways = true\n[[sources.span_logs.files]]\npath = 'a.csv'\nwords = { done = 'success' }"
    )
    source = load_file(path, tmp_path, choices).source("span_logs")
    assert source.options == {"always": True, "files": ({"path": "a.csv", "words.done": "success"},)}
    assert not source.enabled
    path.write_text("[[sources.span_logs.files]]\nfolder = 'a'")
    with pytest.raises(BadSetting, match="has no setting 'folder'"):
        load_file(path, tmp_path, choices)


def test_the_example_is_valid_and_says_what_it_seems_to_say() -> None:
    settings = load_file(ROOT / "ledger.example.toml", Path("data"), choices())
    tables = settings.tables
    assert settings.source("span_logs").groups == ("/ecs/pricing-agent/spans",)
    assert settings.source("outcome_events").overlap == timedelta(days=1)
    assert tables.contracts == (
        Contract(
            agent_id="refund_agent-AbC123dEfG", agent_name="Refund agent",
            hosts=("arn:aws:lambda:us-east-1:111122223333:function:refund-tools",),
            owner="Jo Smith", team="Customer care",
            purpose="Decides refund claims and tells the customer", trigger="A customer opens a claim",
            done_when="The customer has a decision and the money is on its way", confidence_threshold=0.7,
            baseline_minutes=12.0, baseline_source="measured", baseline_on=date(2026, 9, 15),
            environment="prod", max_task_hours=24.0,
                baseline_low_minutes=9.0, baseline_high_minutes=16.0, hourly_rate_usd=48.0, error_cost_usd=25.0,
                setup_cost_usd=18_000.0, monthly_cost_usd=250.0, monthly_budget_usd=400.0,
                deadline_minutes=30.0, data_max_age_days=7.0, product="Refunds",
        ),
    )  # fmt: skip
    assert tables.targets[1] == Target(
        "refund_agent-AbC123dEfG", "cost_per_success", 0.35, "max", date(2026, 1, 1), date(2026, 7, 1)
    )
    assert tables.prices == (
        PriceOverride("anthropic.claude-sonnet-4-6", "global", "default", "input", date(2026, 1, 1), Decimal("2.55"),
                      "private offer 2026-01"),
    )  # fmt: skip
    assert list(tables.model_aliases.values()) == ["anthropic.claude-sonnet-4-6"]


def test_the_example_shows_every_setting() -> None:
    text = (ROOT / "ledger.example.toml").read_text()
    needed = ["profile", "role_arn", "endpoint_url", *choices().sources, *Contract.__dataclass_fields__]
    renamed = {"agent_id": "id", "agent_name": "name"}
    assert [key for key in needed if f"{renamed.get(key, key)}" not in text] == []


def test_a_budget_is_usd_a_month_and_none_without_it(tmp_path: Path) -> None:
    assert written(tmp_path, "[budget]\nmonthly_usd = 12.5").budget_usd == 12.5
    assert written(tmp_path, "").budget_usd is None
