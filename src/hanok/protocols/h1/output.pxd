from hanok.protocols.h1.answer cimport Heads
from hanok.protocols.connection cimport HttpConnection

cdef class Output(HttpConnection):
    cdef public object _held, _sending, _waiters
    cdef public Heads heads
    cpdef bint may_persist(self) except -1
    cpdef answer_end(self, object exchange)
    cpdef send(self, object data)
    cpdef hold(self, object data)
    cpdef flush(self)
