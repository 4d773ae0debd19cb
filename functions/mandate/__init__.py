"""Auto-debit as the customer sees it: give an account, change it, revoke it."""
