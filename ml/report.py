"""What training and evaluation found, as text for a terminal."""

from collections.abc import Mapping
from typing import Any

FIGURES = (
    "auc",
    "ks",
    "gini",
    "brier",
    "log_loss",
    "pr_auc",
    "ece",
    "ece_by_chance",
    "tpr_at_1_fpr",
    "tpr_at_5_fpr",
)


def figures_text(told: Mapping[str, Any]) -> str:
    """The figures of one evaluation, then its groups."""
    lines = [
        (
            f"{told['dataset']}: {told['rows']} rows, bad rate {told['bad_rate']:.4f}, "
            f"mean PD {told['mean_pd']:.4f}"
        )
    ]
    lines += [f"  {name:13} {told[name]:.4f}" for name in FIGURES]
    if "withheld" in told:
        lines.append(f"  not in the file, read as missing: {', '.join(told['withheld'])}")
    return "\n".join([*lines, *group_lines(told["groups"])])


def group_lines(groups: Mapping[str, Any]) -> list[str]:
    """One line per protected group."""
    lines = []
    for attribute, parts in groups.items():
        for name, one in parts.items():
            lines.append(
                f"  {attribute + ' ' + name:28} share {one['share']:.3f}  approved "
                f"{one['approved']:.3f}  ratio to the rest {one['air']:.3f}, to the best "
                f"{one['air_best']:.3f}  mean PD {one['mean_pd']:.3f}  bad "
                f"{one.get('bad_rate', float('nan')):.3f}"
            )
    return lines


def training_text(told: Mapping[str, Any]) -> str:
    """The comparison, what was chosen and why it may be believed."""
    lines = [
        (
            f"{told['dataset']}: judged in {len(told['slices']['folds'])} folds, each by rows "
            "that were not learned from"
        )
    ]
    lines.append(
        f"  {'':40} {'AUC':>7} {'KS':>7} {'Brier':>7} {'PR-AUC':>7} {'ECE':>7} {'CPU s':>7}"
    )
    for row in sorted(told["comparison"], key=lambda one: -one[told["metric"]]):
        mark = "*" if row["name"] == told["chosen"] else " "
        lines.append(
            f"{mark} {row['title']:40} {row['auc']:7.4f} {row['ks']:7.4f} {row['brier']:7.4f} "
            f"{row['pr_auc']:7.4f} {row['ece']:7.4f} {row['cpu_seconds']:7.1f}"
        )
    lines += [
        f"  fairness: {point['variant']:24} AUC {point['auc']:.4f}, least ratio "
        f"{point['least_air']:.3f}"
        for point in told["frontier"]
    ]
    lines += [
        f"  offsets for {one['asked'] or 'nothing'}: AUC {one['auc']:.4f} "
        f"({one['auc_everywhere']:.4f} if whole everywhere), least ratio {one['least_air']:.3f}"
        for one in told["price"]
    ]
    lines += [
        f"  {one['log_odds_less']} log-odds off for {one['group']}" for one in told["offsets"]
    ]
    kept = told["holdout"]
    lines.append(
        f"estimate on {kept['rows']} rows put away before: "
        + ", ".join(f"{name} {kept[name]:.4f}" for name in FIGURES)
    )
    lines += group_lines(told["groups"])
    if "compact" in told:
        small = told["compact"]
        lines.append(
            f"compact: {told['metric']} {small['folds'][told['metric']]:.4f} in the folds, "
            f"{small[told['metric']]:.4f} on the rows put away, {small['bytes'] / 1e6:.2f} MB"
        )
    if "blind" in told:
        lines.append(f"without protected attributes: auc {told['blind']['auc']:.4f}")
    lines.append(
        f"model.json {told['bytes'] / 1e6:.2f} MB; {told['seconds']} s, of which "
        f"{told['cpu_seconds']} s of one processor"
    )
    return "\n".join(lines)
