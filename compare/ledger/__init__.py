"""The ledger: where a service's code runs while it answers, from its own spans."""
