"""Origination task: seal a confirmed contract and archive it with its evidence."""
