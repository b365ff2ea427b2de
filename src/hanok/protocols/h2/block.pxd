cimport cython

cdef int INDEXED, ADDED, RESIZED, MANY, NAME

@cython.locals(text=cython.p_const_uchar, size=Py_ssize_t, at=Py_ssize_t, first=cython.int, _=cython.int)
cpdef bint keeps_table(bytes block) except -1
