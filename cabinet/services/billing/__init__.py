"""Our own billing: a month's bills of a branch, from a first look to the ledger."""
