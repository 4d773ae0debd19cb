"""Register and store of documents on tables and buckets."""

import urllib.parse
from dataclasses import replace
from datetime import UTC, date, datetime

import boto3
import pytest
from lending.adapters.document_store import S3DocumentStore
from lending.adapters.dynamodb.issued_documents import DynamoDocuments
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRecord
from lending.domain.faults import Permanent, Retryable
from lending.ports.documents import DocumentRegister

from tests.adapters.buckets import new_bucket
from tests.adapters.conftest import Calls, RawTable
from tests.fakes.documents import FakeRegister

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
RECORD = DocumentRecord(
    document_id="decision-notice-dec_1-v1",
    kind=DocumentKind.DECISION_NOTICE,
    number="dec_1",
    version=1,
    customer_id="cus_1",
    application_id="app_1",
    loan_id=None,
    locale="zh-CN",
    sha256="a" * 64,
    pages=1,
    template_id="decision_notice.cn.any.zh-CN.v1",
    template_sha256="b" * 64,
    store="issued",
    name=f"decision_notice/app_1/{'a' * 64}.pdf",
    object_version="",
    issued_at=AT,
    signed_at=None,
    retain_until=date(2031, 11, 24),
)
SIGNED = replace(
    RECORD,
    document_id="contract-ctr_1-v2",
    kind=DocumentKind.CONTRACT,
    number="ctr_1",
    version=2,
    loan_id="loan_1",
    store="archive",
    object_version="v-7",
    issued_at=AT.replace(hour=1),
    signed_at=AT,
    retain_until=date(2030, 1, 1),
)


@pytest.fixture(params=["dynamodb", "fake"])
def register(request: pytest.FixtureRequest) -> DocumentRegister:
    if request.param == "fake":
        return FakeRegister()
    return DynamoDocuments(request.getfixturevalue("table_name"))


def test_what_is_added_is_found_by_customer_and_by_end(register: DocumentRegister) -> None:
    for one in (RECORD, SIGNED, replace(RECORD, customer_id="cus_2")):
        register.add(one)
    assert register.of_customer("cus_1") == (SIGNED, RECORD)
    assert register.find("cus_1", SIGNED.document_id) == SIGNED
    assert register.find("cus_2", SIGNED.document_id) is None
    assert register.of_customer("cus_3") == ()
    ending = register.ending(datetime(2031, 1, 1, tzinfo=UTC), 10)
    assert ending == (SIGNED,)
    assert len(register.ending(datetime(2040, 1, 1, tzinfo=UTC), 2)) == 2


def test_the_first_record_of_an_id_stays(register: DocumentRegister) -> None:
    register.add(RECORD)
    register.add(replace(RECORD, pages=9))
    assert register.of_customer("cus_1") == (RECORD,)


def test_a_row_of_an_unknown_kind_is_corrupt(table_name: str, raw: RawTable) -> None:
    register = DynamoDocuments(table_name)
    register.add(RECORD)
    (item,) = raw.items()
    raw.put({**item, "store": {"S": "attic"}})
    with pytest.raises(RowCorrupt):
        register.of_customer("cus_1")
    raw.put({**item, "kind": {"S": "poem"}})
    with pytest.raises(RowCorrupt):
        register.of_customer("cus_1")


def test_a_link_reads_exactly_one_object_for_some_time(account: None) -> None:
    bucket = new_bucket()
    store = S3DocumentStore({"issued": bucket, "archive": "locked"})
    store.put(RECORD.name, b"%PDF-1.7")
    store.put(RECORD.name, b"%PDF-1.7")
    kept = boto3.client("s3").get_object(Bucket=bucket, Key=RECORD.name)
    assert (kept["Body"].read(), kept["ContentType"]) == (b"%PDF-1.7", "application/pdf")
    link = urllib.parse.urlsplit(store.link(RECORD, 300))
    query = urllib.parse.parse_qs(link.query)
    assert link.path.endswith(RECORD.name)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["response-content-disposition"] == [
        'inline; filename="decision-notice-dec_1-v1.pdf"'
    ]
    assert "versionId" not in query
    signed = urllib.parse.parse_qs(urllib.parse.urlsplit(store.link(SIGNED, 300)).query)
    assert signed["versionId"] == ["v-7"]


@pytest.mark.parametrize(
    ("code", "status", "fault"), [("SlowDown", 503, Retryable), ("AccessDenied", 403, Permanent)]
)
def test_a_bucket_that_says_no_is_a_fault(
    account: None, calls: Calls, code: str, status: int, fault: type[Exception]
) -> None:
    bucket = new_bucket()
    calls.fail("PutObject", code, status)
    with pytest.raises(fault, match=f"s3.PutObject: {code}"):
        S3DocumentStore({"issued": bucket}).put("x.pdf", b"x")
