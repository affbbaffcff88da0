"""What every KPI must say of nothing, of one task, of one of which nothing is known, and of one that still runs.

Per KPI and case: slice → (value, n, state). tests/metrics/test_kpi_cases.py makes the rows.
"""

from __future__ import annotations

Said = tuple[float | None, int, str]

# fmt: off
CASES: dict[str, dict[str, dict[str, Said]]] = {
    "accuracy": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "autonomy": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "cache_hit_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.333333333, 1, "ok")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "cache_savings": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.02, 1, "ok")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "calibration": {
        "empty": {"": (None, 0, "unknown")},
        "one": {
            "": (0.0, 1, "low_n"), "over_confidence": (-0.1, 1, "low_n"), "brier": (0.01, 1, "low_n"),
            "auroc": (None, 1, "unknown"), "reliability": (0.01, 1, "low_n"), "resolution": (0.0, 1, "low_n"),
            "uncertainty": (0.0, 1, "low_n"),
        },
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "completion_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n")},
        "unknown": {"": (0.0, 1, "low_n")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "containment": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "cost_per_success": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.5, 1, "low_n")},
        "unknown": {"": (None, 1, "unknown")},
        "in_flight": {"": (None, 1, "unknown")},
    },
    "cost_per_task": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.5, 1, "low_n")},
        "unknown": {"": (None, 1, "unknown")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "drift": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {
            "": (None, 0, "unknown"), "confidence": (None, 0, "unknown"), "model": (None, 0, "unknown"),
            "output_tokens": (None, 0, "unknown"), "task_type": (None, 0, "unknown"), "tool": (None, 0, "unknown"),
        },
        "unknown": {
            "": (None, 0, "unknown"), "model": (None, 0, "unknown"), "task_type": (None, 0, "unknown"),
            "tool": (None, 0, "unknown"),
        },
        "in_flight": {
            "": (None, 0, "unknown"), "model": (None, 0, "unknown"), "task_type": (None, 0, "unknown"),
            "tool": (None, 0, "unknown"),
        },
    },
    "error_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (0.0, 1, "low_n")},
    },
    "escalation_precision": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (None, 0, "unknown"), "recall": (None, 1, "unknown")},
        "unknown": {"": (None, 0, "unknown"), "recall": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "escalation_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.0, 1, "low_n")},
        "unknown": {"": (None, 0, "not_applicable")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "full_cost_per_success": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (0.5, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "guardrail_intervention_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "guardrail_precision": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (None, 0, "not_applicable")},
        "unknown": {"": (None, 0, "not_applicable")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "judge_agreement": {
        "empty": {"": (None, 0, "unknown")},
        "one": {
            "": (None, 1, "unknown"), "ac1": (1.0, 1, "low_n"), "agreement": (1.0, 1, "low_n"),
            "sensitivity": (1.0, 1, "low_n"), "specificity": (None, 0, "not_applicable"),
            "right": (None, 1, "unknown"),
        },
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "judge_score": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (1.0, 1, "low_n"), "right": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "label_coverage": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "ok"), "human": (1.0, 1, "ok"), "judge": (1.0, 1, "ok"), "outcome": (1.0, 1, "ok")},
        "unknown": {"": (0.0, 1, "ok"), "human": (0.0, 1, "ok"), "judge": (0.0, 1, "ok"), "outcome": (0.0, 1, "ok")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "leakage": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (None, 0, "not_applicable")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "loop_closed": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (1.0, 1, "low_n"), "improved": (1.0, 1, "low_n")},
        "unknown": {"": (0.0, 1, "low_n")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "loop_velocity": {
        "empty": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "one": {"p50": (259200000.0, 1, "low_n"), "p95": (259200000.0, 1, "low_n"), "p99": (259200000.0, 1, "low_n")},
        "unknown": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "in_flight": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
    },
    "minutes_saved": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (720000.0, 1, "ok")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "model_latency": {
        "empty": {
            "p50": (None, 0, "not_applicable"), "p95": (None, 0, "not_applicable"),
            "p99": (None, 0, "not_applicable"),
        },
        "one": {"p50": (400.0, 1, "low_n"), "p95": (400.0, 1, "low_n"), "p99": (400.0, 1, "low_n")},
        "unknown": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "in_flight": {"p50": (400.0, 1, "low_n"), "p95": (400.0, 1, "low_n"), "p99": (400.0, 1, "low_n")},
    },
    "net_value": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (9.1, 1, "ok")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "pass_k": {
        "empty": {
            "k=1": (None, 0, "not_applicable"), "k=2": (None, 0, "not_applicable"),
            "k=3": (None, 0, "not_applicable"), "k=4": (None, 0, "not_applicable"),
        },
        "one": {
            "k=1": (1.0, 1, "low_n"), "k=2": (None, 0, "not_applicable"), "k=3": (None, 0, "not_applicable"),
            "k=4": (None, 0, "not_applicable"),
        },
        "unknown": {
            "k=1": (None, 0, "not_applicable"), "k=2": (None, 0, "not_applicable"),
            "k=3": (None, 0, "not_applicable"), "k=4": (None, 0, "not_applicable"),
        },
        "in_flight": {
            "k=1": (None, 0, "not_applicable"), "k=2": (None, 0, "not_applicable"),
            "k=3": (None, 0, "not_applicable"), "k=4": (None, 0, "not_applicable"),
        },
    },
    "pickup_time": {
        "empty": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "one": {"p50": (180000.0, 1, "low_n"), "p95": (180000.0, 1, "low_n"), "p99": (180000.0, 1, "low_n")},
        "unknown": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "in_flight": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
    },
    "reported_problems": {
        "empty": {"": (0.0, 0, "ok")},
        "one": {"": (0.0, 1, "ok")},
        "unknown": {"": (0.0, 1, "ok")},
        "in_flight": {"": (0.0, 1, "ok")},
    },
    "rework_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.0, 1, "low_n")},
        "unknown": {"": (None, 0, "not_applicable")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "sla_attainment": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "unknown")},
    },
    "spend": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.5, 1, "ok"), "nova": (0.5, 1, "ok")},
        "unknown": {"": (None, 1, "unknown"), "unknown": (None, 1, "unknown")},
        "in_flight": {"": (0.5, 1, "ok"), "nova": (0.5, 1, "ok")},
    },
    "success_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (None, 0, "not_applicable")},
    },
    "task_latency": {
        "empty": {
            "p50": (None, 0, "not_applicable"), "p95": (None, 0, "not_applicable"),
            "p99": (None, 0, "not_applicable"),
        },
        "one": {"p50": (1000.0, 1, "low_n"), "p95": (1000.0, 1, "low_n"), "p99": (1000.0, 1, "low_n")},
        "unknown": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "in_flight": {
            "p50": (None, 0, "not_applicable"), "p95": (None, 0, "not_applicable"),
            "p99": (None, 0, "not_applicable"),
        },
    },
    "task_volume": {
        "empty": {"": (0.0, 0, "ok")},
        "one": {"": (1.0, 1, "ok")},
        "unknown": {"": (1.0, 1, "ok")},
        "in_flight": {"": (1.0, 1, "ok")},
    },
    "throttle_rate": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (0.0, 1, "low_n")},
    },
    "time_to_first_token": {
        "empty": {
            "p50": (None, 0, "not_applicable"), "p95": (None, 0, "not_applicable"),
            "p99": (None, 0, "not_applicable"),
        },
        "one": {"p50": (100.0, 1, "low_n"), "p95": (100.0, 1, "low_n"), "p99": (100.0, 1, "low_n")},
        "unknown": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "in_flight": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
    },
    "token_mix": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {
            "": (1.0, 1, "ok"), "cache_read": (0.3, 1, "ok"), "cache_write_1h": (0.0, 1, "ok"),
            "cache_write_5m": (0.0, 1, "ok"), "output": (0.1, 1, "ok"), "uncached_input": (0.6, 1, "ok"),
        },
        "unknown": {
            "": (None, 0, "unknown"), "cache_read": (None, 0, "unknown"), "cache_write_1h": (None, 0, "unknown"),
            "cache_write_5m": (None, 0, "unknown"), "output": (None, 0, "unknown"),
            "uncached_input": (None, 0, "unknown"),
        },
        "in_flight": {
            "": (1.0, 1, "ok"), "cache_read": (None, 1, "unknown"), "cache_write_1h": (None, 1, "unknown"),
            "cache_write_5m": (None, 1, "unknown"), "output": (1.0, 1, "ok"), "uncached_input": (None, 1, "unknown"),
        },
    },
    "tool_failures": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (0.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown")},
        "in_flight": {"": (0.0, 1, "low_n")},
    },
    "tool_first_try": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n"), "lookup": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown"), "unknown": (None, 0, "unknown")},
        "in_flight": {"": (1.0, 1, "low_n"), "lookup": (1.0, 1, "low_n")},
    },
    "tool_latency": {
        "empty": {
            "p50": (None, 0, "not_applicable"), "p95": (None, 0, "not_applicable"),
            "p99": (None, 0, "not_applicable"),
        },
        "one": {"p50": (50.0, 1, "low_n"), "p95": (50.0, 1, "low_n"), "p99": (50.0, 1, "low_n")},
        "unknown": {"p50": (None, 0, "unknown"), "p95": (None, 0, "unknown"), "p99": (None, 0, "unknown")},
        "in_flight": {"p50": (50.0, 1, "low_n"), "p95": (50.0, 1, "low_n"), "p99": (50.0, 1, "low_n")},
    },
    "tool_reliability": {
        "empty": {"": (None, 0, "not_applicable")},
        "one": {"": (1.0, 1, "low_n"), "lookup": (1.0, 1, "low_n")},
        "unknown": {"": (None, 0, "unknown"), "unknown": (None, 0, "unknown")},
        "in_flight": {"": (1.0, 1, "low_n"), "lookup": (1.0, 1, "low_n")},
    },
    "waiting_handovers": {
        "empty": {"": (None, 0, "unknown")},
        "one": {"": (0.0, 1, "ok"), "care": (0.0, 1, "ok")},
        "unknown": {"": (None, 0, "unknown"), "unknown": (None, 0, "unknown")},
        "in_flight": {"": (1.0, 1, "ok"), "care": (1.0, 1, "ok")},
    },
}
# fmt: on
