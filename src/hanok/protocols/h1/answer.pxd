cimport cython

cdef class Plan:
    cdef public object length
    cdef public bint close, has_date, has_server
    cdef public bytes block

cdef class Heads:
    cdef public object _date, _second
    cdef public bytes _extra, _server, tail
    cpdef bytes _tail(self, Plan plan)
    @cython.locals(ready=tuple, begin=bytes, head=bytes)
    cpdef bytes fixed(self, object status, object headers)
    @cython.locals(plan=Plan, begin=bytes, head=bytes)
    cpdef tuple whole(self, object status, object headers, object size, bint is_head, bint close)
    @cython.locals(plan=Plan, head=bytes)
    cpdef tuple streamed(self, object status, object headers, bint is_head, bint is_11, bint close)

cdef list KNOWN_LENGTHS

@cython.locals(line=object)
cpdef bytes length_line(Py_ssize_t size)
