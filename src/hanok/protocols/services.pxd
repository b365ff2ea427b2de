cdef class Services:
    cdef public object access, begun, connections, context, error_log, forwarded, handler, heads, http2, limit_connections
    cdef public object loop, max_requests, now, on_max_requests, refusals, requests, settings, state, tasks, tick, turned_away
    cdef public object websocket
    cdef public bint draining, retiring
