"""Rates of return: the root i of sum(flow_k / D_k(i)) = 0, found in decimals, never in floats.

With x = 1 + i and u = ln x, a flow at time t is worth c * exp(-t*u). Everything is solved for u,
where discount factors are exponentials, every time may be a fraction, and i > -0.99 is a half line.

* `flows`: what a flow is, its sign changes, which root counts, and the solver's entry points;
* `single`: one sign change (nearly every loan): exactly one root, Newton on a log ratio;
* `several`: several sign changes: all roots, isolated by Rolle's theorem;
* `conversion`: a periodic rate as nominal and effective percent.
"""

from lending.domain.rate.conversion import effective_pct, nominal_pct
from lending.domain.rate.flows import Flow, periodic_irr, rate_of, roots_of

__all__ = ["Flow", "effective_pct", "nominal_pct", "periodic_irr", "rate_of", "roots_of"]
