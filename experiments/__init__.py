"""Every technical claim of ours about async Django and FastAPI, each with what decides it."""
