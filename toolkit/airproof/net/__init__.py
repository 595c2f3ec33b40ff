"""HTTP and the threads that wait for it: every answer is bounded in time and bytes, and stays on its host."""
