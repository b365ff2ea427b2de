cdef class Incoming:
    cdef public object _headers, _scope, app, app_root_path, client, cookies_cache, endpoint, headers_cache, http_version
    cdef public object method, path, path_params, query, query_cache, raw_path, root_path, route, router, scheme, sent
    cdef public object server, session, started, state
    cpdef matched(self, object route, object endpoint, object path_params)
