"""What a question asks for: its days, names, orders and counts, and what a follow-up refers to."""
