"""Packages made for FastAPI and Starlette, used by small programs of ours while the drop-in is enabled.

What enters: published packages, in an environment below ``conformance/.env-packages`` that has neither fastapi nor
starlette. What leaves: ``conformance/results/packages.json`` and the table of ``docs/coming-from-fastapi.md``.
``python -m conformance.packages`` does all of it; with names, only those programs, and nothing is written.

Read ``programs.toml`` first (the packages), then any program: its ``main()`` raises if something is not as it should be.
"""
