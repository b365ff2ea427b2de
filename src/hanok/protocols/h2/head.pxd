cimport cython

cdef bint COMPILED
cdef bytes _KINDS
cdef const unsigned char* KINDS
cdef unsigned char IN_PATH, IN_QUERY
cdef object DECIDING, METHODS, HOST

cdef class H2Head:
    cdef public object _raw, authority, content_length, protocol, trailers
    cdef public bint expect_continue, forwarded, has_cookies, has_host, whole
    cdef public tuple fields, section
    cdef public str method, path
    cdef public bytes query, raw_path

@cython.locals(head=H2Head, method=bytes, path=bytes, authority=bytes, name=bytes, value=bytes, has_scheme=cython.bint)
cpdef H2Head read_head(tuple fields, object limits, H2Head previous=*)
@cython.locals(
    count=Py_ssize_t, place=Py_ssize_t, first=tuple, second=tuple, name=bytes, value=bytes, other_name=bytes, other_value=bytes)
cpdef bint same(tuple one, tuple other) except -1
@cython.locals(text=cython.p_const_uchar, size=Py_ssize_t, end=Py_ssize_t, at=Py_ssize_t)
cpdef Py_ssize_t path_end(bytes target) except -1
@cython.locals(text=str, end=Py_ssize_t)
cdef _target(H2Head head, bytes method, bytes path, object limits)
@cython.locals(most=Py_ssize_t, count=Py_ssize_t, length=Py_ssize_t, size=Py_ssize_t, cookies=Py_ssize_t, name=bytes, value=bytes, fields=tuple)
cdef _decide(H2Head head, object limits, H2Head previous)
