"""Routing: (path, method) → route.

What enters: an Exchange, and the routes that the application has declared. What leaves: the same exchange
with its route, endpoint and path parameters, given to the route to run; or 404, 405, a redirect to the other
slash. Read ``table`` first (how a route is found), then ``router`` (what happens then), ``template`` (what a
path means), and ``plain`` and ``mount`` for the routes themselves.
"""
