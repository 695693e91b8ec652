"""The tests: contract/ asks any service over HTTP, the others look at everything else."""
