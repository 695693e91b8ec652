"""What experiments are made with: a Django project, servers, clocks, ways to look."""
