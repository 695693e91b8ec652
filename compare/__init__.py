"""The instrument: it runs the services, checks them, measures them and writes the comparison."""
