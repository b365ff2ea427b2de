cimport cython

cdef int _DEEPEST

@cython.locals(mapping=dict)
cpdef bint is_plain(object value, int depth=*) except -1
