//! Comes with its issue's commit.
