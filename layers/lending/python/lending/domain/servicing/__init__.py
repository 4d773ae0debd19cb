"""A loan's life in money: dated facts, the fold of them, and the journals they are booked by.

`booking.book` is the only way from a fact to journal entries; `account.fold` is what every
stored state must equal.
"""
