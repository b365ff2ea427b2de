cimport cython
from hanok.protocols.h2.block cimport keeps_table
from hanok.protocols.h2.limits cimport Budgets

cdef bint COMPILED
cdef int _HEADER_SIZE, _MAX_FRAME_SIZE, _HEADERS, _DATA, _PLAIN_REQUEST, _LOOKED_AT, _PADDED
cdef long _NO_RUN
cdef object _OPEN, _RESET, _REMOTE

cdef class Guard:
    cdef public bint _begun
    cdef public bytes _before, _rest
    cdef public object _skipped, now
    cdef public dict _was_reset, streams
    cdef public Budgets budgets
    cdef public long block, last, repeats_since

    @cython.locals(
        text=cython.p_const_uchar, pos=Py_ssize_t, size=Py_ssize_t, length=Py_ssize_t, end=Py_ssize_t, kind=cython.int,
        flags=cython.int, stream=cython.long, high=cython.long, low=cython.long, streams=dict,
        block=bytes)
    cpdef tuple feed(self, bytes data)
    cpdef tuple _stop(self, bytes data, Py_ssize_t pos, object code, object reason)
    cpdef object _judge(self, int kind, int flags, long stream, bytes payload)
    cdef _end_run(self)
    cpdef object _headers(self, int flags, long stream, bytes payload)
    cpdef object _move(self, object frame, object stream)
    cpdef sent_end(self, object stream)
    cpdef sent_reset(self, object stream)
    cpdef forget(self, object stream)
