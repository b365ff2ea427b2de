"""The same work on every server, measured side by side.

What enters: ``works.py``, the requests and the answers that every peer must give, and ``peers/``, a folder
for each server with its application and a declaration of how to start it. What leaves: ``results/<date>.json``
with every measurement, ``results/latest.*`` made from it, and the table in the project's README. Read
``run.py`` first.
"""
