"""Statistics as pure functions, one family a module. Parameters and results are named as in the known-answer checks."""

from metrics.stats.buckets import (
    bucket_value,
    ddsketch_bucket_count,
    ddsketch_index,
    ddsketch_quantile,
    value_at_rank,
)
from metrics.stats.clusters import ClusterParts, clustered_se, clustered_se_mean, wilson_clustered
from metrics.stats.consistency import group_bootstrap, pass_hat_k, pass_hat_k_item
from metrics.stats.difference import difference_interval, newcombe_diff, relative_change_pct, relative_interval
from metrics.stats.interval import Z_95, Interval
from metrics.stats.means import log_delta_mean
from metrics.stats.order import min_n_for_quantile_upper_bound, quantile_order_stat_ci
from metrics.stats.proportion import (
    clopper_pearson,
    missing_label_bounds,
    one_sided_upper_zero_events,
    pooled_rate,
    wilson,
    wilson_weighted,
)
from metrics.stats.ratio import cost_of_pass, fieller, ratio_ci

__all__ = [
    "Z_95",
    "ClusterParts",
    "Interval",
    "bucket_value",
    "clopper_pearson",
    "clustered_se",
    "clustered_se_mean",
    "cost_of_pass",
    "ddsketch_bucket_count",
    "ddsketch_index",
    "ddsketch_quantile",
    "difference_interval",
    "fieller",
    "group_bootstrap",
    "log_delta_mean",
    "min_n_for_quantile_upper_bound",
    "missing_label_bounds",
    "newcombe_diff",
    "one_sided_upper_zero_events",
    "pass_hat_k",
    "pass_hat_k_item",
    "pooled_rate",
    "quantile_order_stat_ci",
    "ratio_ci",
    "relative_change_pct",
    "relative_interval",
    "value_at_rank",
    "wilson",
    "wilson_clustered",
    "wilson_weighted",
]
