"""Where the needles should go: candidates, what each takes, and a search that proves how good its answer is."""
