"""What happened: news of a CI system or forge, checked against the history of the repository."""
