"""Scored applications, whatever they were read from, as columns of equal length."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.population import Bools, Floats

type Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Observations:
    """One row an application. `month` is YYYY-MM, `pd` the probability of default; `approved` and
    `bad` are 1, 0 or NaN (not decided, outcome not known yet). `numbers` hold NaN and `texts` ""
    where a feature is missing; `groups` are monitored and never inputs; `beside` is the PD of the
    models that were scored beside the one that decided, NaN where they were not.
    """

    month: Texts
    pd: Floats
    model: Texts
    is_reference: Bools
    approved: Floats
    bad: Floats
    numbers: dict[str, Floats] = field(default_factory=dict)
    texts: dict[str, Texts] = field(default_factory=dict)
    groups: dict[str, Texts] = field(default_factory=dict)
    beside: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.pd.size)

    def only(self, rows: Bools) -> "Observations":
        """The chosen rows."""
        return Observations(
            month=self.month[rows],
            pd=self.pd[rows],
            model=self.model[rows],
            is_reference=self.is_reference[rows],
            approved=self.approved[rows],
            bad=self.bad[rows],
            numbers={name: column[rows] for name, column in self.numbers.items()},
            texts={name: column[rows] for name, column in self.texts.items()},
            groups={name: column[rows] for name, column in self.groups.items()},
            beside={name: column[rows] for name, column in self.beside.items()},
        )

    def months(self) -> list[str]:
        """Months in order."""
        return sorted(set(self.month.tolist()))
