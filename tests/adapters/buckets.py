"""Buckets for tests, inside the mocked account."""

import itertools

import boto3

from tests.adapters.conftest import REGION

_NUMBERS = itertools.count(1)


def new_bucket() -> str:
    """The name of an empty bucket."""
    name = f"bank-files-{next(_NUMBERS)}"
    boto3.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return name
