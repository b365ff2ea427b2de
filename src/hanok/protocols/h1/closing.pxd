from hanok.protocols.h1.exchange cimport H1Exchange
from hanok.protocols.h1.output cimport Output

cdef class Closing(Output):
    cdef public object _goodbye, _upload, state
    cdef public bint _reading_paused, ended
    cdef public H1Exchange exchange
