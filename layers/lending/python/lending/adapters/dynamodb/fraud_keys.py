"""Keys of what fraud is looked for by: links between applications, cases, the watch-list."""

from datetime import datetime

from lending.adapters.dynamodb.keys import Key, Timer, application_partition, instant_text


def edges(kind: str, token: str, bucket: int, shard: int) -> Key:
    """Applications with one token in one period; busy kinds are spread over shards."""
    return Key(f"LINK#{kind}#{token}#{bucket}#{shard}", "EDGES")


def links(application_id: str) -> Key:
    """The tokens of an application."""
    return Key(application_partition(application_id), "LINKS")


def fraud_case(application_id: str) -> Key:
    """The fraud case of an application."""
    return Key(application_partition(application_id), "FRAUDCASE")


def fraud_case_timer(closed_at: datetime) -> Timer:
    """Closed cases are listed by month; open ones are found by the application's state."""
    at = instant_text(closed_at)
    return Timer(closed_cases_shard(at[:7]), at)


def closed_cases_shard(month: str) -> str:
    """Cases closed in a month like 2026-11."""
    return f"FRAUDCASE#{month}"


def watched(kind: str, token: str) -> Key:
    """One entry of the fraud desk's watch-list."""
    return Key(f"WATCHED#{kind}#{token}", "ENTRY")


def watched_timer_shard(kind: str) -> str:
    """Entries of one kind."""
    return f"WATCHED#{kind}"


def watched_timer(kind: str, added_at: datetime) -> Timer:
    """Entries are listed by kind until they are removed."""
    return Timer(watched_timer_shard(kind), instant_text(added_at))
