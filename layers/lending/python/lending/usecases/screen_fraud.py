"""Look at an application as fraud would look: links, watch-lists, contradictions, a score.

Its own edges are written before anything is read, so of two applications at the same moment at
least one sees the other. Values never leave this function: links are blind tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lending.domain.fraud import (
    Around,
    Edge,
    Facts,
    FraudRules,
    LinkKind,
    Ring,
    assess,
    ring_of,
)
from lending.domain.fraud.assessment import is_price_inflated
from lending.domain.fraud.links import MARKS, STRONG
from lending.domain.records import Application, FraudFinding
from lending.ports.answers import BlindTokens
from lending.ports.fraud import LinkIndex
from lending.usecases.ask_sources import Answers

LINKED_MAX: Final = 20
OPTIONAL: Final = {LinkKind.DEVICE: "device_id", LinkKind.ADDRESS: "address"}


@dataclass(frozen=True, slots=True)
class Links:
    """What was found around an application, and its own tokens."""

    own: Edge
    tokens: Mapping[LinkKind, str]
    around: Around
    ring: Ring


@dataclass(frozen=True, slots=True)
class ScreenFraud:
    """Two steps: `look` needs no partner and runs beside them, `score` needs their answers."""

    tokens: BlindTokens
    index: LinkIndex

    def look(self, application: Application, person: Mapping[str, str], at: datetime) -> Links:
        """Join the index and read what is around. Raises Retryable."""
        own = own_edge(application)
        links = self.links(application, person)
        self.index.join(own, links)
        dealer = links.get(LinkKind.DEALER)
        wanted: dict[LinkKind, str] = dict(links)
        if dealer is not None:
            del wanted[LinkKind.DEALER]
            wanted.update(dict.fromkeys(MARKS, dealer))
        around = self.index.around(wanted, at)
        if dealer is not None and LinkKind.DEALER_PRICE in around.edges:
            every = self.index.around({LinkKind.DEALER: dealer}, at)
            around = Around({**around.edges, **every.edges}, around.watched)
        return Links(own, links, around, self._ring(own, links, around, at))

    def score(
        self,
        application: Application,
        person: Mapping[str, str],
        links: Links,
        said: Answers,
        rules: FraudRules,
        at: datetime,
    ) -> FraudFinding:
        """The score with its reasons. Raises Retryable."""
        facts = _facts(application, person, said)
        dealer = links.tokens.get(LinkKind.DEALER)
        if dealer is not None and is_price_inflated(facts, rules):
            self.index.join(links.own, {LinkKind.DEALER_PRICE: dealer})
        found = assess(links.own, links.around, links.ring, facts, rules, at)
        return FraudFinding(
            score=found.score,
            is_alert=found.is_alert,
            hits=dict(found.hits),
            linked=links.ring.applications[:LINKED_MAX],
            rules_version=rules.version,
        )

    def links(self, application: Application, person: Mapping[str, str]) -> dict[LinkKind, str]:
        """The tokens of an application; a dealer's account links his applications only."""
        request = application.request
        values = {LinkKind.ID_NO: person["id_no"], LinkKind.MOBILE: person["mobile"]}
        for kind, name in OPTIONAL.items():
            if name in request.given and name in person:
                values[kind] = person[name]
        if request.vehicle is not None:
            values[LinkKind.VIN] = request.vehicle.vin
        dealer = request.dealer_id
        if "payee_account_no" in person:
            if person.get("payee_name") == person["full_name"]:
                values[LinkKind.ACCOUNT] = person["payee_account_no"]
            else:
                dealer = dealer or person["payee_account_no"]
        if dealer is not None:
            values[LinkKind.DEALER] = dealer
        return {kind: self.tokens.token(kind.value, value) for kind, value in values.items()}

    def _ring(self, own: Edge, links: Mapping[LinkKind, str], around: Around, at: datetime) -> Ring:
        """Two steps at most, and at most twenty neighbours: nobody waits for a hairball."""
        near = ring_of(own, around, ())
        if not near.applications:
            return near
        theirs = self.index.links_of(near.applications)
        seen = {(kind, token) for kind, token in links.items()}
        far = []
        for tokens in theirs.values():
            fresh = {
                kind: token
                for kind, token in tokens.items()
                if kind in STRONG and (kind, token) not in seen
            }
            seen.update(fresh.items())
            if fresh:
                far.append(self.index.around(fresh, at).edges)
        return ring_of(own, around, far)


def own_edge(application: Application) -> Edge:
    """The edge of an application: the same whenever it is made."""
    return Edge(application.application_id, application.customer_id, application.submitted_at)


def _facts(application: Application, person: Mapping[str, str], said: Answers) -> Facts:
    vehicle, employer = application.request.vehicle, said.employer
    months = person.get("months_employed")
    income = person.get("income_monthly_minor")
    return Facts(
        identity=said.identity,
        declared_income_minor=None if income is None else int(income),
        verified_income_minor=said.income.income_monthly_minor if said.income else None,
        employer_confirmed=said.employer_confirmed,
        months_employed=None if months is None else int(months),
        founded_year=employer.founded_year if employer else None,
        device_risk=said.device.risk if said.device else None,
        is_emulator=said.device.is_emulator if said.device else False,
        price_minor=vehicle.price_minor if vehicle else None,
        valuation_minor=said.valuation_minor,
    )
