cimport cython
from hanok.protocols.h2.guard cimport Guard

cdef class Session:
    cdef public bint _cut
    cdef public object _last_words, _most_streams, engine, over
    cdef public Guard guard
    cdef public dict streams

    cpdef list receive(self, bytes data, object now)
    cpdef closed(self, object event)
    @cython.locals(data=bytes)
    cpdef bytes take(self, object most)
    cpdef reset(self, object stream, object code)
    cpdef end(self, object code, object reason)
