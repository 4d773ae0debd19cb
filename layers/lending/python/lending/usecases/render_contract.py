"""What a customer reads and signs: the contract with its annexes, and the cost sheet by itself."""

from dataclasses import dataclass
from datetime import datetime

from lending.domain.documents import DocumentKind
from lending.domain.documents.codes import named
from lending.domain.documents.contract_data import (
    ContractFacts,
    Party,
    contract_data,
    cost_sheet_data,
)
from lending.domain.documents.costs import costs_of
from lending.domain.masking import mask
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.ports.book import ApplicationFile
from lending.ports.documents import DocumentInput, Rendered, Renderer, Unprintable
from lending.ports.vault import Vault
from lending.usecases.loading import accepted_offer
from lending.usecases.refusal import NotAllowed

PRINTED = ("full_name", "id_type", "id_no", "mobile", "locale", "payee_name")


@dataclass(frozen=True, slots=True)
class ContractPack:
    """The two documents of one contract; both carry the same number and day."""

    contract_id: str
    locale: str
    contract: Rendered
    cost_sheet: Rendered


@dataclass(frozen=True, slots=True)
class RenderContract:
    """The accepted offer as documents. The same application, person and day give the same bytes."""

    vault: Vault
    renderer: Renderer

    def __call__(
        self,
        file: ApplicationFile,
        profile: MarketProfile,
        at: datetime,
        others: tuple[Party, ...] = (),
    ) -> ContractPack | NotAllowed:
        """Render both; `others` sign after the borrower, in their order.

        Raises:
            NotFound, Erased, Permanent (no template).
        """
        application, offer = file.application, accepted_offer(file)
        person = self.vault.read(application.customer_id, "contract", PRINTED)
        product = profile.products[application.request.product_id].kind
        market, on = application.request.market, profile.local_date(at)
        wanted = person["locale"]
        locale = self.renderer.locale(DocumentKind.CONTRACT, market, product, wanted, on)
        payee = person.get("payee_name", "")
        facts = ContractFacts(
            contract_id=f"ctr_{application.application_id.removeprefix('app_')}",
            application=application,
            costs=costs_of(offer),
            product=product,
            lender=profile.lender,
            parties=(borrower(person), *others),
            payee="" if payee == person["full_name"] else payee,
            on=on,
        )
        contract = self._render(facts, DocumentKind.CONTRACT, locale)
        if isinstance(contract, Unprintable):
            return unprintable(contract)
        sheet = self._render(facts, DocumentKind.COST_SHEET, locale)
        if isinstance(sheet, Unprintable):
            return unprintable(sheet)
        return ContractPack(facts.contract_id, locale, contract, sheet)

    def _render(
        self, facts: ContractFacts, kind: DocumentKind, locale: str
    ) -> Rendered | Unprintable:
        if kind is DocumentKind.CONTRACT:
            data = contract_data(facts, locale)
        else:
            data = cost_sheet_data(facts, named(facts.product, locale), locale)
        return self.renderer.render(
            DocumentInput(
                kind=kind,
                market=facts.application.request.market,
                product=facts.product,
                locale=locale,
                number=facts.contract_id,
                issuer=facts.lender.name(locale),
                on=facts.on,
                data=data,
            )
        )


def borrower(person: dict[str, str]) -> Party:
    """Who borrows, as the contract names them: numbers stay masked."""
    return Party(
        role="borrower",
        name=person["full_name"],
        id_type=person["id_type"],
        id_no_masked=mask("id_no", person["id_no"]),
        mobile_masked=mask("mobile", person["mobile"]),
    )


def unprintable(refused: Unprintable) -> NotAllowed:
    """A document cannot be printed: somebody corrects the names first."""
    problems = tuple(
        Problem(pointer, f"cannot be printed: {', '.join(refused.characters)}")
        for pointer in refused.where
    )
    detail = "A name holds characters that cannot be printed."
    return NotAllowed("invalid", "unprintable", detail, problems)
