"""Schedules shown to people instead of programs: a table, a chart, or both."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.calc.chart import schedule_chart
from tools.calc.table import schedule_table


def shown(*, as_table: bool, chart: Path | None) -> Callable[[Any], str]:
    """How an answer is presented; the chart (of the first schedule) is written on the way.

    Raises when called: OSError, the chart's file cannot be written.
    """

    def present(answered: Any) -> str:
        schedules: list[dict[str, Any]] = answered if isinstance(answered, list) else [answered]
        if chart is not None:
            drawable = next((one for one in schedules if "error" not in one), None)
            if drawable is not None:
                chart.write_text(schedule_chart(drawable), "utf-8")
        if as_table:
            return "\n\n".join(schedule_table(one) for one in schedules)
        return json.dumps(answered, ensure_ascii=False)

    return present
