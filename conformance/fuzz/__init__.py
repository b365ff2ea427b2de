"""Requests that nobody would send, against every form of our HTTP/1.1 parser, and against llhttp and h11.

What enters: the corpus, which is hand-written and says of each stream what must be seen in it, and streams made of its pieces
at random, from a seed (``streams``): heads, bodies in chunks, several requests on one connection; those that are read in a way
that is new are changed further. What leaves: everything that ``judge`` has found wrong with one of them, made short, and the
seed that finds it again.

``judge`` is the file to read first. It asks four things of each stream: do llhttp and h11 see the same requests, or is there
a reason in ``conformance.differential.reasons``; do all forms of our parser agree (``forms``); does the application behind a
connection get the same (``connection``); and is every exception one that is meant. ``python -m conformance.differential`` is
the same oracle with far more and simpler changes; this one builds with structure, looks at more, and shortens what it finds.

``python -m conformance.fuzz --seconds 20 --seed 1`` runs it.
"""
