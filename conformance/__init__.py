"""Other people's test suites, run against Hanok: FastAPI's and Starlette's own.

What enters: their published source distributions, without the packages themselves. What leaves: ``results/*.json`` (what
became of every test) and ``docs/conformance.md`` (the same as a table). ``python -m conformance`` does all of it; with
``--check`` it changes nothing and fails if a test that passed in the kept results fails now.

Read ``suites`` first (what is run), then ``environment`` (in what), ``run`` and ``report``. ``exclusions.toml`` names each test
that is not run, and why; ``causes.toml`` says why those that fail do. Nothing of the suites is kept in the repository.
"""
