"""What can be seen of a running server: the access log, the metrics, and the pages that tell them.

What enters: one finished answer at a time. What leaves: a line for it, and numbers about all of them. A request
pays for one tuple in a list; everything else is done once in a while, off its road.

    access_log  collects what lines are made of        line_format  how a line is made of it
    log_writer  writes them in a thread, never waiting for a slow reader
    counters    what a worker counts                   board        shared memory in which all workers show it
    metrics     the counts of all workers, as Prometheus reads them
    admin       /metrics, /livez, /readyz and /status on a listener of their own

Read ``access_log`` and ``counters`` first.
"""
