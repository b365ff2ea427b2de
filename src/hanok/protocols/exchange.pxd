from hanok.exchange.http cimport Exchange

cdef object _WAITING, _DONE, _UNSENT, _LENGTH

cdef class HttpExchange(Exchange):
    cdef public object _burst, _head, _over, framing, remaining
    cpdef _set_up(self)
    cpdef over(self)
