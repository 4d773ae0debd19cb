"""From price to payout: the front door, its functions and the origination machines."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import AUDIENCE, MARKETS, Stage
from infra.constructs.asl_state_machine import AslStateMachine
from infra.constructs.front_door import FrontDoor
from infra.constructs.layers import Layers
from infra.constructs.lending_function import LendingFunction
from infra.constructs.payouts import BankParameters
from infra.constructs.wiring import apply_grants
from infra.grants import Resource
from infra.stacks.data import DataStack
from infra.stacks.messaging import MessagingStack

PARTNERS = {
    "IdentityUrl": "Base URL of the identity verification partner",
    "BureauUrl": "Base URL of the credit bureau",
    "ValuationUrl": "Base URL of the vehicle valuation partner",
    "IncomeUrl": "Base URL of the bank-flow (open banking) partner",
    "DeviceUrl": "Base URL of the device behaviour partner",
    "EmployerUrl": "Base URL of the register of companies",
    "BankRailUrl": "Base URL of the bank rail",
    "MessagesUrl": "Base URL of the SMS and mail gateway",
    "IssuerUrl": "URL of the token issuer, as in the tokens' `iss`",
    "TsaUrl": "URL of the timestamp service (RFC 3161)",
}


class OriginationStack(cdk.Stack):
    """Everything between a customer and the payout."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        stage: Stage,
        data: DataStack,
        messaging: MessagingStack,
    ) -> None:
        super().__init__(scope, stack_id, description="Autolend: front door and origination")
        self._stage_config, self._data, self._messaging = stage, data, messaging
        self._layers = Layers(self)
        self._urls = {
            name: cdk.CfnParameter(self, name, description=text).value_as_string
            for name, text in PARTNERS.items()
        }
        self._add_tasks()
        self._add_machines()
        self._grant_machines()
        self._add_front_door()

    def _function(
        self,
        verb: str,
        environment: Mapping[str, str] | None = None,
        *,
        timeout_s: int = 15,
        memory_mb: int = 512,
        model_only: bool = False,
        with_model: bool = False,
        function_layers: list[lambda_.ILayerVersion] | None = None,
    ) -> LendingFunction:
        return LendingFunction(
            self,
            verb,
            stage=self._stage_config,
            layers=self._layers,
            alarms=self._messaging.alarms,
            environment=environment,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            model_only=model_only,
            with_model=with_model,
            function_layers=function_layers,
        )

    @property
    def _lending(self) -> dict[str, str]:
        return {"LENDING_TABLE": self._data.lending.table_name}

    @property
    def _vault(self) -> dict[str, str]:
        return {
            "CUSTOMERS_TABLE": self._data.customers.table_name,
            "VAULT_KEY_ID": self._data.vault_key.key_id,
            "INDEX_KEY_ID": self._data.index_key.key_id,
        }

    def _add_tasks(self) -> None:
        markets = {"MARKETS": MARKETS}
        self.identify = self._function(
            "identify",
            {
                **self._lending,
                **self._vault,
                **markets,
                "IDENTITY_URL": self._urls["IdentityUrl"],
                "BUREAU_URL": self._urls["BureauUrl"],
                "VALUATION_URL": self._urls["ValuationUrl"],
                "INCOME_URL": self._urls["IncomeUrl"],
                "DEVICE_URL": self._urls["DeviceUrl"],
                "EMPLOYER_URL": self._urls["EmployerUrl"],
            },
            timeout_s=18,
            memory_mb=1024,
        )
        self.score = self._function("score", timeout_s=5, memory_mb=256, model_only=True)
        self.decide = self._function(
            "decide", {**self._lending, **markets}, memory_mb=1024, with_model=True
        )
        self.park = self._function("park", self._lending)
        self.disburse = self._function(
            "disburse",
            {
                **self._lending,
                **self._vault,
                **markets,
                **BankParameters(self).payouts(
                    self._stage_config, self._data, self._urls["BankRailUrl"]
                ),
            },
        )

        self.seal = self._function(
            "seal",
            {
                **self._lending,
                **markets,
                "DOCUMENTS_BUCKET": self._data.documents.bucket_name,
                "CONTRACTS_BUCKET": self._data.contracts.bucket_name,
                "TSA_URL": self._urls["TsaUrl"],
            },
            function_layers=self._layers.for_sealing,
        )
        self.amend = self._function("amend", {**self._lending, **markets})

    def _add_machines(self) -> None:
        self.underwriting = self._machine(
            "underwriting",
            sfn.StateMachineType.EXPRESS,
            {
                "IdentifyArn": self.identify.arn,
                "ScoreArn": self.score.arn,
                "DecideArn": self.decide.arn,
            },
        )
        self.disbursement = self._machine(
            "disbursement", sfn.StateMachineType.STANDARD, {"DisburseArn": self.disburse.arn}
        )
        self.origination = self._machine(
            "origination",
            sfn.StateMachineType.STANDARD,
            {
                "UnderwritingArn": self.underwriting.arn,
                "ParkArn": self.park.arn,
                "SealArn": self.seal.arn,
                "DisburseArn": self.disburse.arn,
                "DisbursementArn": self.disbursement.arn,
            },
        )

        self.amendment = self._machine(
            "amendment",
            sfn.StateMachineType.STANDARD,
            {"SealArn": self.seal.arn, "AmendArn": self.amend.arn},
        )

    def _machine(
        self, name: str, kind: sfn.StateMachineType, holes: Mapping[str, str]
    ) -> AslStateMachine:
        return AslStateMachine(
            self,
            name,
            stage=self._stage_config,
            kind=kind,
            holes=holes,
            alarms=self._messaging.alarms,
        )

    def _grant_machines(self) -> None:
        for machine, called in (
            (self.underwriting, (self.identify, self.score, self.decide)),
            (self.disbursement, (self.disburse,)),
            (self.origination, (self.park, self.seal, self.disburse)),
            (self.amendment, (self.seal, self.amend)),
        ):
            for function in called:
                machine.allow(["lambda:InvokeFunction"], function.arn)
        self.origination.allow(["states:StartSyncExecution"], self.underwriting.arn)
        self.origination.allow(["states:StartExecution"], self.disbursement.arn)
        tasks = (self.identify, self.score, self.decide, self.seal, self.disburse, self.amend)
        for function in tasks:
            apply_grants(function, self._data, self._workflow)
        apply_grants(self.park, self._data, self._workflow_by_name)

    @property
    def _workflow(self) -> dict[Resource, str]:
        return {
            "origination": self.origination.arn,
            "disbursement": self.disbursement.arn,
            "amendment": self.amendment.arn,
        }

    @property
    def _workflow_by_name(self) -> dict[Resource, str]:
        """`park` answers the machine that calls it: named, or each would wait for the other."""
        name = self._stage_config.resource_name("origination")
        arn = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        return {"origination": arn}

    def _documents_door(self) -> dict[str, LendingFunction]:
        """Documents: issued on demand, listed, handed out."""
        return {
            "render": self._function(
                "render",
                {
                    **self._lending,
                    **self._vault,
                    "MARKETS": MARKETS,
                    "DOCUMENTS_BUCKET": self._data.documents.bucket_name,
                    "CONTRACTS_BUCKET": self._data.contracts.bucket_name,
                },
                function_layers=self._layers.for_documents,
            ),
        }

    def _add_front_door(self) -> None:
        markets = {"MARKETS": MARKETS}
        doors = {
            "quote": self._function("quote", markets),
            "apply": self._function(
                "apply",
                {
                    **self._lending,
                    **self._vault,
                    **markets,
                    "ORIGINATION_ARN": self.origination.arn,
                },
                memory_mb=1024,
            ),
            "account": self._function("account", {**self._lending, **self._vault, **markets}),
            "sign": self._function(
                "sign",
                {
                    **self._lending,
                    **self._vault,
                    **markets,
                    "OTP_KEY_ID": self._data.otp_key.key_id,
                    "MESSAGES_URL": self._urls["MessagesUrl"],
                    "DOCUMENTS_BUCKET": self._data.documents.bucket_name,
                    "READING": self._stage_config.reading,
                    "AMENDMENT_ARN": self.amendment.arn,
                },
                function_layers=self._layers.for_documents,
            ),
            "verify": self._function(
                "verify",
                {**self._lending, "CONTRACTS_BUCKET": self._data.contracts.bucket_name},
                function_layers=self._layers.for_sealing,
            ),
            "mandate": self._function("mandate", {**self._lending, **self._vault}),
            **self._documents_door(),
            "ops": self._function(
                "ops",
                {
                    **self._lending,
                    **self._vault,
                    **markets,
                    "RAIL_URL": self._urls["BankRailUrl"],
                    "AMENDMENT_ARN": self.amendment.arn,
                },
            ),
            "teller": self._function("teller", {**self._lending, **self._vault, **markets}),
            "investigate": self._function(
                "investigate", {**self._lending, **self._vault, **markets}
            ),
            "collect": self._function(
                "collect",
                {
                    **self._lending,
                    **markets,
                    "BANK_WEBHOOK_SECRET_ID": self._data.bank_webhook_secret.secret_arn,
                },
                memory_mb=1024,
            ),
        }
        self.authorize = self._function(
            "authorize", {"ISSUER_URL": self._urls["IssuerUrl"], "AUDIENCE": AUDIENCE}
        )
        for function in (*doors.values(), self.authorize):
            apply_grants(function, self._data, self._workflow)
        self.doors = doors
        self.front_door = FrontDoor(
            self, stage=self._stage_config, functions=doors, authorize=self.authorize
        )
        cdk.CfnOutput(self, "ApiUrl", value=self.front_door.api.url)
