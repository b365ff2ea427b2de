cimport cython
from hanok.protocols.h1.answer cimport Heads

cdef dict _lengths
cdef int SHORT

cdef tuple length_of(object size)

cdef class Plan:
    cdef public bint has_date, has_server
    cdef public object kept, length

cdef class H2Heads:
    cdef public Heads _heads
    cdef public bytes _date, _lines
    cdef public object _headers, _status
    cdef public tuple _fields_before, _tail
    cdef public Py_ssize_t _size
    cpdef tuple _current(self)
    cpdef tuple _fields(self, object status, Plan plan)
    @cython.locals(known=tuple, lines=bytes)
    cpdef tuple fixed(self, object status, object headers, Py_ssize_t size)
    @cython.locals(plan=Plan, fields=tuple)
    cpdef tuple whole(self, object status, object headers, object size, bint is_head)
    cpdef tuple interim(self, object status, object headers)
