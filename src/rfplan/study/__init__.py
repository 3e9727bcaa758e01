"""Many patients and many plans: design, runner, table and statistics."""
