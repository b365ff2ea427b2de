from hanok.protocols.first_step cimport FirstStep

cdef class Services:
    cdef public object access, begun, connections, context, copy_context, error_log, forwarded, grace, handler, heads, http2, limit_concurrency, limit_connections
    cdef public object loop, max_requests, now, on_max_requests, refusals, requests, root_path, settings, state, tasks, tick, turned_away
    cdef public object websocket
    cdef public bint draining, retiring
    cdef public Py_ssize_t running
    cdef public FirstStep first_step
