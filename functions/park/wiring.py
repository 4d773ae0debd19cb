"""The park function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.usecases.park_workflow import ParkWorkflow

from functions.park.settings import Settings


@cache
def wiring() -> ParkWorkflow:
    """The graph of this process. Raises SettingsInvalid."""
    return ParkWorkflow(DynamoBook(Settings.load().LENDING_TABLE), StepFunctionsWorkflow())
