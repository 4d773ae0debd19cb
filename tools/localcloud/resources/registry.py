"""Which function makes which resource type, and the types that are knowingly left out."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.localcloud.deploy import Deployer


class UnknownResourceType(Exception):
    """The template has a type that the local cloud neither makes nor knowingly ignores."""


class UnknownAttribute(Exception):
    """The template reads an attribute that the local cloud does not give."""


@dataclass(frozen=True)
class Deployed:
    """What a template can read of a resource: `Ref` and its attributes."""

    ref: Any
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """One resource about to be made: where it stands, and its resolved properties."""

    deployer: "Deployer"
    stack: str
    logical_id: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, Any]
    assets: Mapping[str, Any]

    @property
    def name(self) -> str:
        """A physical name that is the same at each boot, unless the template gives one."""
        return f"{self.stack}-{self.logical_id}"

    @property
    def short_id(self) -> str:
        """Ten characters that are the same at each boot."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:10]

    def get(self, name: str, default: Any = None) -> Any:
        """One property."""
        return self.properties.get(name, default)


type Creator = Callable[[Scope], Deployed]

_CREATORS: dict[str, Creator] = {}

# Nothing in the local cloud depends on these; each is a protection or a view of AWS itself.
IGNORED = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::UsagePlan",
        "AWS::Budgets::Budget",
        "AWS::CDK::Metadata",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::ManagedPolicy",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::WebACL",
        "AWS::WAFv2::WebACLAssociation",
    }
)


def resource(*types: str) -> Callable[[Creator], Creator]:
    """Registers the function that makes these types."""

    def register(creator: Creator) -> Creator:
        for one in types:
            _CREATORS[one] = creator
        return creator

    return register


def creator_of(kind: str, logical_id: str, stack: str) -> Creator:
    """The function that makes `kind`. Raises UnknownResourceType."""
    if kind in IGNORED:
        return ignored
    try:
        return _CREATORS[kind]
    except KeyError:
        message = f"{stack}.{logical_id}: the local cloud has no {kind}"
        raise UnknownResourceType(message) from None


def ignored(scope: Scope) -> Deployed:
    """A resource that is left out; its ARN is well formed and leads nowhere."""
    arn = scope.deployer.arn("ignored", scope.name)
    return Deployed(scope.name, {"Arn": arn, "Id": scope.name})
