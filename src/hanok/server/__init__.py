"""From options to a running server: listeners, lifespan, workers and their supervisor.

What enters: a ``Config`` and an application (or the text that says where it is). What leaves: connections
handed to ``protocols``, and an exit code. Read ``config`` first, then ``worker``, which puts the parts
together; the package ``supervisor`` is the process manager, which keeps workers alive.
"""
