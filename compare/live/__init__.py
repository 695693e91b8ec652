"""The live page: a browser asks running services side by side, and sees where their code ran."""
