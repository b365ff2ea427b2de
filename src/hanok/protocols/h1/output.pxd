from hanok.protocols.services cimport Services

cdef class Output:
    cdef public object _held, _sending, _waiters, loop, transport
    cdef public Services services
    cdef public bint gone, write_paused
    cpdef send(self, object data)
    cpdef hold(self, object data)
    cpdef flush(self)
