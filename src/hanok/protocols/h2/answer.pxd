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
    cdef public bytes _lines
    cdef public tuple _tail
    cpdef tuple _current(self)
    cpdef tuple _fields(self, object status, Plan plan)
    @cython.locals(plan=Plan, fields=tuple, known=tuple)
    cpdef tuple whole(self, object status, object headers, object size, bint is_head)
    cpdef tuple interim(self, object status, object headers)
