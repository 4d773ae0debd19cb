"""Fraud at application: links between applications, watch-lists, a score with reasons, cases."""

from lending.domain.fraud.assessment import Assessment, Facts, assess
from lending.domain.fraud.cases import FraudCase, WatchEntry, cleared, confirmed, opened, precision
from lending.domain.fraud.links import Around, Edge, LinkKind, Ring, recent, ring_of
from lending.domain.fraud.rules import FraudRules, fraud_rules

__all__ = [
    "Around",
    "Assessment",
    "Edge",
    "Facts",
    "FraudCase",
    "FraudRules",
    "LinkKind",
    "Ring",
    "WatchEntry",
    "assess",
    "cleared",
    "confirmed",
    "fraud_rules",
    "opened",
    "precision",
    "recent",
    "ring_of",
]
