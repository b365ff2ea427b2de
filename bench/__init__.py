"""The same work on every server, measured side by side.

What enters: ``works.py``, the requests and the answers that every peer must give, and ``peers/``, a folder
for each server with its application and a declaration of how to start it. What leaves: every measurement in
``results/<date>.json``, ``results/latest.*`` made from it, the table in the README. Read ``run.py`` first.
"""
