"""Drop-in: ``import fastapi`` and ``import starlette`` give Hanok's names, whether or not those packages are installed.

What enters: the name of a module of theirs. What leaves: a module whose attributes are found in the rooms when they are
first touched. Read ``table`` first (which name is which of ours), then ``finder`` (how Python asks for a module) and
``modules`` (what it gets). ``hook`` is all that runs when an interpreter starts; ``environment`` puts it there and takes it
away (``hanok dropin enable | disable | status``).

For one process: ``import hanok.dropin.auto`` before the application, or ``pytest -p hanok.dropin.pytest``.
"""
