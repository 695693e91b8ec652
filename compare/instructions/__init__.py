"""Count the instructions of a request under valgrind, and compare them with the record."""
