"""What several tests use: services that serve, results that were never measured, page readers."""
