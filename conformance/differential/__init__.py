"""The same bytes through three HTTP/1.1 parsers: ours, llhttp (of Node.js, as httptools) and h11.

What enters: requests, good ones and classic attempts at smuggling, changed at random (``mutate``, from a seed). What leaves:
for each the messages that every parser sees in it, and every disagreement with its reason. Two kinds are never excused: that
we accept what both others refuse, and that we and another accept a message and see different ends of it.

Read ``parsers`` first, then ``reasons``: the table of what may differ, and why. ``python -m conformance.differential --count
200000`` runs many; the tests run a few.
"""
