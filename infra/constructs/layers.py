"""The layers, as versions of the stack that uses them.

Each stack has its own versions of the same assets: a layer version shared across stacks would
be an export that no deployment could ever change.
"""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import LEFTOVERS, ROOT

EXCLUDED = [*LEFTOVERS, "*.egg-info", "ruff.toml"]
# The local cloud puts the virtual environment in this layer's place: its wheels are Lambda's.
STAND_IN = {"localcloud:venv": True}


class Layers(Construct):
    """`runtime` (third party, locked), `lending` (ours), `scorecard` (the model), `render`."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Layers")
        runtime = self._layer("runtime", "Locked third-party packages")
        resource = runtime.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        for key, value in STAND_IN.items():
            resource.add_metadata(key, value)
        lending = self._layer("lending", "The product")
        self.for_lending: list[lambda_.ILayerVersion] = [runtime, lending]
        self._scorecard: lambda_.LayerVersion | None = None
        self._render: lambda_.LayerVersion | None = None
        self._seal: lambda_.LayerVersion | None = None

    @property
    def for_documents(self) -> list[lambda_.ILayerVersion]:
        """What the render function needs besides: typst, fonts and templates."""
        if self._render is None:
            self._render = self._layer("render", "typst, fonts and templates of documents")
        return [*self.for_lending, self._render]

    @property
    def for_sealing(self) -> list[lambda_.ILayerVersion]:
        """What the functions of seals need besides: pyHanko and what it rests on."""
        if self._seal is None:
            self._seal = self._layer("seal", "Locked packages that seal and verify documents")
        return [*self.for_lending, self._seal]

    @property
    def for_model(self) -> list[lambda_.ILayerVersion]:
        """The model alone: all that the score function needs."""
        if self._scorecard is None:
            self._scorecard = self._layer("scorecard", "The scorecard and its evaluator")
        return [self._scorecard]

    def _layer(self, name: str, description: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name.capitalize(),
            code=lambda_.Code.from_asset(
                str(ROOT / "layers" / name), exclude=EXCLUDED, ignore_mode=cdk.IgnoreMode.GIT
            ),
            description=description,
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )
