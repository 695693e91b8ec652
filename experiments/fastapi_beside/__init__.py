"""FastAPI beside Django: its endpoints and its ORM."""
