"""Bytes ↔ Exchange. Each protocol is a set of sans-I/O parts and one asyncio connection.

What enters: the bytes of a transport. What leaves: exchanges handed to the application's handler, and the
bytes of their answers. Read ``services`` first (what the connections of one worker share), then
``h1/connection``; ``connection`` and ``exchange`` are what HTTP/1.1 and HTTP/2 have in common.
"""
