"""The contract suite: what every service must do, asked over real sockets of a real process."""
