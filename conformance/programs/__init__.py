"""The reference programs of ``examples/`` in FastAPI's spelling, on the drop-in, where fastapi and starlette are not installed.

What enters: the programs, and their own tests in ``tests/programs``, which start them as processes and ask them over the
network. What leaves: ``conformance/results/programs.json`` and a table of ``docs/coming-from-fastapi.md``.
``python -m conformance.programs`` does all of it; with names, only those programs, and nothing is written.

There is one source: ``spelling`` writes ``from hanok import Hanok`` as ``from fastapi import FastAPI``, and so on.
"""
