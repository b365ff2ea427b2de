from hanok.protocols.h1.answer cimport Heads
from hanok.protocols.services cimport Services

cdef class Output:
    cdef public object _held, _sending, _waiters, loop, transport, client, scheme, server
    cdef public Heads heads
    cdef public Services services
    cdef public bint gone, write_paused
    cpdef bint may_persist(self) except -1
    cpdef answer_end(self, object exchange)
    cpdef send(self, object data)
    cpdef hold(self, object data)
    cpdef flush(self)
