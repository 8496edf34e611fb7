"""What the terminal shows: answers, the doctor's checks, evaluation figures and model downloads."""
