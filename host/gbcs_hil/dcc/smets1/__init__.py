"""SMETS1: the S1SPs, the virtual anchor slots in their databases, the one-off data update."""
