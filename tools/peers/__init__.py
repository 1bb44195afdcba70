"""What `tools/bench-peers` is made of; README.md beside this file says what each part does."""
