"""The anchor's tree: the published vectors of RFC 6962, and proofs that hold only when true."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.ledger.journal import Head
from lending.domain.ledger.merkle import Tree, anchor, leaf, proof, proves

# Test inputs and roots of the certificate-transparency project (RFC 6962 reference vectors).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
AT = datetime(2026, 11, 24, 16, tzinfo=UTC)
ON = date(2026, 11, 24)


def root_of(leaves: list[bytes]) -> str:
    tree = Tree()
    for data in leaves:
        tree.add(data)
    return tree.root()


def test_the_published_roots() -> None:
    assert root_of([]) == EMPTY
    tree = Tree()
    for data, expected in zip(LEAVES, ROOTS, strict=True):
        tree.add(data)
        assert tree.root() == expected


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_proof_holds_for_its_leaf_and_for_nothing_else(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = proof(leaves, index), root_of(leaves)
    assert len(path) <= (len(leaves) - 1).bit_length()
    assert proves(leaves[index], index, len(leaves), path, root)
    assert not proves(leaves[index] + b"x", index, len(leaves), path, root)
    assert not proves(leaves[index], index, len(leaves), (*path, EMPTY), root)
    assert not proves(leaves[index], index, len(leaves), path, EMPTY)
    if path:
        assert not proves(leaves[index], index, len(leaves), path[:-1], root)
        assert not proves(leaves[index], index, len(leaves), ("no hex", *path[1:]), root)
    other = data.draw(st.integers(-1, len(leaves)))
    if other not in range(len(leaves)) or leaves[other] != leaves[index]:
        assert not proves(leaves[index], other, len(leaves), path, root)


HEADS = [("loan_1", Head(3, "ab")), ("loan_2", Head(1, "cd")), ("loan_3", Head(9, "ef"))]


def test_the_anchor_counts_the_loans_and_changes_with_any_head() -> None:
    whole = anchor(ON, AT, HEADS)
    assert (whole.loans, whole.on) == (3, ON)
    assert whole.root_sha256 == root_of([leaf(loan_id, head) for loan_id, head in HEADS])
    for index, (loan_id, head) in enumerate(HEADS):
        for other in ((loan_id, Head(head.seq + 1, head.sha256)), (loan_id, Head(head.seq, "00"))):
            changed = [*HEADS[:index], other, *HEADS[index + 1 :]]
            assert anchor(ON, AT, changed).root_sha256 != whole.root_sha256
    assert anchor(ON, AT, HEADS[:2]).root_sha256 != whole.root_sha256


def test_the_signature_covers_date_count_and_root() -> None:
    whole = anchor(ON, AT, HEADS)
    assert whole.signed_bytes() != anchor(date(2026, 11, 25), AT, HEADS).signed_bytes()
    assert b'"loans":3' in whole.signed_bytes()
    assert whole.root_sha256.encode() in whole.signed_bytes()


@pytest.mark.parametrize("heads", [HEADS[::-1], [HEADS[0], HEADS[0]]])
def test_loan_ids_ascend(heads: list[tuple[str, Head]]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        anchor(ON, AT, heads)
