cimport cython
from hanok.protocols.exchange cimport HttpExchange
from hanok.protocols.services cimport Services

cdef bint _EAGER
cdef object _DONE, _UNSENT, _Task
cdef Py_ssize_t _CROWD

cdef class HttpConnection:
    cdef public object client, loop, scheme, server, transport
    cdef public bint gone, trusted, write_paused
    cdef public Py_ssize_t running
    cdef public Services services

    @cython.locals(services=Services)
    cpdef serve(self, HttpExchange exchange, bint forwarded)
    cpdef _handled(self, HttpExchange exchange, object task)
    cpdef _plain(self, HttpExchange exchange, object status, bytes text)
