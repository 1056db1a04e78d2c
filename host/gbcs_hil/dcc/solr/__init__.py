"""MP134B: what may be asked instead of a Supplier that has failed, and by whom."""
