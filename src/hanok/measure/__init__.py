"""Measure: what the requests of an application cost, stage by stage; what ``hanok bench`` prints.

What enters: an application and the requests to send it. What leaves: ``Measured`` for each, plain data.

    requests   which request is sent for which route, or why none is
    stages     which code belongs to which stage of a request, as a table
    meter      time, calls and memory, booked to the stage that is running
    watching   has the interpreter tell the meter of every call
    inprocess  requests as bytes into a connection without a socket, answers as bytes out of it
    served     the same application in a server of its own
    load       a small client that presses it

It stands above the server because it uses the server's own connection, configuration and lifespan, and beside testing, of which
it needs nothing. Read ``inprocess`` first.
"""
