from hanok.protocols.services cimport Services

cdef class Writer:
    cdef public object loop, phase, protocol, room, sending, transport
    cdef public Services services
    cdef public bint is_extended, reading
    cpdef send_text(self, str text)
    cpdef send_bytes(self, object data)
    cpdef _send_long(self, int first, bytes payload)
    cpdef write(self, bytes data)
    cpdef flush(self)

cdef object _LOST
cdef tuple TEXT_HEADS, BINARY_HEADS
