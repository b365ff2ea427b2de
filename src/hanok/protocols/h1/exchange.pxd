cimport cython
from hanok.exchange cimport Exchange
from hanok.protocols.h1.answer cimport Heads
from hanok.protocols.h1.output cimport Output
from hanok.protocols.h1.head cimport RequestHead

cdef object _UNSENT, _WAITING

cdef class H1Exchange(Exchange):
    cdef public object _burst, _over, framing, queue, remaining
    cdef public bint keep_alive
    cdef public Output connection
    cdef public RequestHead _head

cpdef bytes connection_line(bint close, str http_version)
