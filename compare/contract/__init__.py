"""Run the contract suite on services, side by side, and read its report as it comes."""
