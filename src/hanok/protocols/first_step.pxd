cdef bint _EAGER
cdef object _Task
cdef dict _current

cdef class FirstStep:
    cdef public object _context, _step, loop
    cdef public dict _own

    cpdef begin(self, object work, object context)
    cpdef take(self, object work, object context)
