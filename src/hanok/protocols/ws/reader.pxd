cimport cython
from hanok.protocols.ws.exchange cimport WsExchange
from hanok.protocols.ws.writer cimport Writer

cdef class Reader(Writer):
    cdef public object _assembler, _turn, keepalive
    cdef public object _collected
    cdef public bytes _begun, _mask, _waiting
    cdef public Py_ssize_t _at, _owed, max_queue, max_size
    cdef public int _first
    cdef public bint _is_fragmented
    cdef public WsExchange exchange

    cpdef data_received(self, bytes data)
    cpdef pause_reading(self)
    @cython.locals(exchange=WsExchange)
    cpdef bint is_full(self) except -1
    cpdef room_in(self, Py_ssize_t waiting)
    cpdef soon(self)
    cpdef go_on(self)
    @cython.locals(size=Py_ssize_t, frames=Py_ssize_t)
    cpdef parse(self, bytes data, Py_ssize_t at)
    cpdef bint _is_full_for_now(self) except -1
    @cython.locals(size=Py_ssize_t, first=int, second=int, length=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t, stop=Py_ssize_t)
    cpdef Py_ssize_t _begin_frame(self, bytes data, Py_ssize_t at) except -1
    @cython.locals(stop=Py_ssize_t)
    cpdef Py_ssize_t _continue_frame(self, bytes data, Py_ssize_t at) except -1
    @cython.locals(exchange=WsExchange, text=str)
    cpdef _deliver(self, int first, bytes payload)
    cpdef take_events(self)

cdef object _FRAMES, _ANSWERING, _LOST, _OPEN, _apply_mask
cdef int _TEXT, _BINARY, COMPILED
cdef Py_ssize_t CALL_FROM

@cython.locals(size=Py_ssize_t, at=Py_ssize_t, text="const unsigned char*", into="unsigned char*", made=bytes)
cdef bytes unmasked(bytes data, Py_ssize_t begin, Py_ssize_t end)
