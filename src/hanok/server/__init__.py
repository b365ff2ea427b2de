"""From options to a running server: listeners, lifespan, one worker, or a supervisor of several.

What enters: a ``Config`` and an application (or the text that says where it is). What leaves: connections
handed to ``protocols``, and an exit code. Read ``config`` first, then ``worker``, which puts the parts
together; ``supervisor`` keeps several workers alive on one listener.
"""
