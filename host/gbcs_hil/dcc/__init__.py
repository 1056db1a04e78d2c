"""The DCC as the bench plays it: DSP, Access Control Broker, ledger, and the users."""
