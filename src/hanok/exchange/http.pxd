from hanok.exchange.incoming cimport Incoming

cdef class Exchange(Incoming):
    cdef public object answer_state, answer_trailers, body, body_limit, body_read, exits, filters, form_cache, late, status
    cdef public object stream_consumed
    cpdef _answer(self, object status, object headers, object body)
