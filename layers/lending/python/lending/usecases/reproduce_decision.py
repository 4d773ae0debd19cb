"""Deciding again from what was stored: the same facts and versions must give the same verdict."""

from dataclasses import dataclass

from lending.domain.decision import Judged, decide
from lending.domain.records import DecisionRecord
from lending.ports.policies import Policies
from lending.ports.profiles import Profiles, RulesArchive
from lending.ports.scoring import Scoring
from lending.usecases.decide_application import offer_ids, rescorer
from lending.usecases.loading import rules_at


@dataclass(frozen=True, slots=True)
class Reproduced:
    """`judged` None: it cannot be decided again here, and `why` says which version lacks.

    `pd_ppm` is what the model at hand says of the stored features (None: another model).
    """

    judged: Judged | None
    is_same: bool
    why: str = ""
    pd_ppm: int | None = None


@dataclass(frozen=True, slots=True)
class ReproduceDecision:
    """Reads nothing but versions; the record holds the inputs."""

    profiles: Profiles
    policies: Policies
    scoring: Scoring
    archive: RulesArchive

    def __call__(self, record: DecisionRecord) -> Reproduced:
        """Decide again and compare, bit for bit. Raises Permanent, Retryable."""
        basis = record.basis
        if basis is None:
            return Reproduced(None, is_same=False, why="decided before decisions kept their basis")
        if record.decided_by.kind != "system":
            return Reproduced(None, is_same=False, why="a person decided")
        policy = self.policies.version(basis.request.market, basis.policy_version)
        if policy is None or policy.sha256 != basis.policy_sha256:
            return Reproduced(None, is_same=False, why=f"no policy {basis.policy_version} here")
        profile = rules_at(self.profiles, basis.request.market, record.decided_at)
        if profile.sha256 != basis.profile_sha256:
            kept = self.archive.find(basis.profile_sha256)
            if kept is None:
                why = f"the values of profile {record.profile_version} are not here"
                return Reproduced(None, is_same=False, why=why)
            profile = kept
        scored = record.scored
        pd_ppm = self.scoring.pd_ppm(scored.model, record.findings.features) if scored else None
        judged = decide(
            record.application_id,
            basis.request,
            # Without any answer there were no findings; what stands for them names the failures.
            None if record.findings.missing == basis.failed and basis.failed else record.findings,
            scored,
            basis.failed,
            profile,
            policy,
            record.decided_at,
            offer_ids(record.application_id, record.number),
            exposure=basis.exposure,
            rescore=rescorer(self.scoring, scored),
        )
        is_scored_same = pd_ppm is None or scored is None or pd_ppm == scored.pd_ppm
        is_same = judged.sha256 == basis.verdict_sha256 and is_scored_same
        return Reproduced(judged, is_same=is_same, pd_ppm=pd_ppm)
