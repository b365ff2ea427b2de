from hanok.exchange.http cimport Exchange

cdef class CaptureExchange(Exchange):
    cdef public object announced, audience, discarded, ended, file, head, over, pause, piece, whole
    cdef public Exchange outer
    cdef _take(self, Exchange outer)
    cpdef give_back(self)
    cpdef _answer(self, object status, object headers, object body)

cpdef with_length(object status, object headers, object length)
