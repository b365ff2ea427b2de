"""What can be seen of a running server: the access log.

What enters: one finished answer at a time. What leaves: a line for it, written off the hot path. Read
``access_log``.
"""
