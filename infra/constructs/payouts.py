"""Our account at the bank and the channel of orders, for the functions that pay."""

import aws_cdk as cdk

from infra.config import Stage
from infra.stacks.data import DataStack


class BankParameters:
    """What a deployment says of our account; the defaults are the sandbox bank's."""

    def __init__(self, scope: cdk.Stack) -> None:
        self.account_no = cdk.CfnParameter(
            scope,
            "BankAccount",
            description="Number of our account at the bank, as its statements name it",
            default="LENDER1",
        ).value_as_string
        self.account_name = cdk.CfnParameter(
            scope,
            "BankAccountName",
            description="Whose account it is, as the bank knows us",
            default="Autolend",
        ).value_as_string
        self.bic = cdk.CfnParameter(
            scope,
            "BankBic",
            description="The bank's BIC; empty where it knows us by the channel",
            default="",
        ).value_as_string
        self.timezone = cdk.CfnParameter(
            scope,
            "BankTimezone",
            description="The bank's timezone: its calendar says on which day an order is executed",
            default="Asia/Shanghai",
        ).value_as_string

    def payouts(self, stage: Stage, data: DataStack, rail_url: str) -> dict[str, str]:
        """Variables of a function that pays, or draws."""
        return {
            "RAIL_URL": rail_url,
            "ORDERS_BY": stage.orders_by,
            "BANK_FILES_BUCKET": data.bank_files.bucket_name,
            "BANK_ACCOUNT": self.account_no,
            "BANK_ACCOUNT_NAME": self.account_name,
            "BANK_BIC": self.bic,
            "BANK_TIMEZONE": self.timezone,
        }
