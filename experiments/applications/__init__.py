"""What servers in processes of their own run."""
