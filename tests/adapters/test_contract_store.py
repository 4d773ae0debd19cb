"""Drafts and the locked archive in S3: exact versions, written once."""

import itertools

import boto3
import pytest
from lending.adapters.contract_store import S3ContractArchive, S3Drafts
from lending.domain.faults import Permanent, Retryable

from tests.adapters.conftest import REGION, Calls

NUMBERS = itertools.count(1)


@pytest.fixture
def archive(account: None) -> S3ContractArchive:
    name = f"contracts-{next(NUMBERS)}"
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )
    return S3ContractArchive(name)


@pytest.fixture
def drafts(account: None) -> S3Drafts:
    name = f"documents-{next(NUMBERS)}"
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return S3Drafts(name)


def test_a_name_is_written_once_and_kept_as_it_was(archive: S3ContractArchive) -> None:
    assert archive.get("contracts/1/contract.pdf") is None
    version = archive.put("contracts/1/contract.pdf", b"first", "application/pdf")
    assert version
    assert archive.put("contracts/1/contract.pdf", b"second", "application/pdf") is None
    assert archive.get("contracts/1/contract.pdf") == (b"first", version)


def test_what_is_archived_is_locked(archive: S3ContractArchive) -> None:
    version = archive.put("one", b"first", "application/pdf")
    s3 = boto3.client("s3", region_name=REGION)
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=archive._bucket, Key="one", VersionId=str(version))


def test_a_draft_is_read_in_exactly_its_version(drafts: S3Drafts) -> None:
    first = drafts.put("one", b"first")
    second = drafts.put("one", b"second")
    assert (drafts.get("one", first), drafts.get("one", second)) == (b"first", b"second")
    assert f"versionId={first}" in drafts.link("one", first, 60)


def test_a_busy_store_is_retryable_and_a_refusal_is_not(
    archive: S3ContractArchive, drafts: S3Drafts, calls: Calls
) -> None:
    for code, status, fault in (
        ("SlowDown", 503, Retryable),
        ("AccessDenied", 403, Permanent),
    ):
        calls.fail("PutObject", code, status)
        calls.fail("GetObject", code, status)
        with pytest.raises(fault):
            archive.put("one", b"x", "application/pdf")
        with pytest.raises(fault):
            archive.get("one")
        with pytest.raises(fault):
            drafts.put("one", b"x")
        with pytest.raises(fault):
            drafts.get("one", "")
