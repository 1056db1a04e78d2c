"""The working group's question, answered by runs: whom does the counter issue affect?"""
