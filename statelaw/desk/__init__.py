"""The law desk: what editors, reviewers and publishers do in the admin."""
