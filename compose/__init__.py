"""The composition under test: both services behind their front door, and a replica that dies."""
