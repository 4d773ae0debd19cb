"""Prices of products: checks of what is asked for, one price, several side by side.

* `asked`: the request for a price; `checks`: every problem with it, field by field;
* `plan`: its schedule, fees and add-ons; `all_in`: the annual rate of all that is counted;
* `add_ons`: prices, the limit on financing them, refunds; `comparison`: plans side by side;
* `agreement`: a price as an offer's terms, and those as a schedule.
"""

from lending.domain.pricing.asked import Asked
from lending.domain.pricing.checks import (
    first_due_problems,
    problems,
    vehicle_price_problems,
)
from lending.domain.pricing.comparison import PLANS_MAX, Compared, Figures, compare, figures
from lending.domain.pricing.plan import (
    Priced,
    highest_instalment_minor,
    instalments_of,
    price,
    price_or_problem,
)

__all__ = [
    "PLANS_MAX",
    "Asked",
    "Compared",
    "Figures",
    "Priced",
    "compare",
    "figures",
    "first_due_problems",
    "highest_instalment_minor",
    "instalments_of",
    "price",
    "price_or_problem",
    "problems",
    "vehicle_price_problems",
]
