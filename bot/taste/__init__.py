"""What people think of papers, and what is learnt from it."""
