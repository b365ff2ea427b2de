cimport cython

cdef class RequestHead:
    cdef public object _fields
    cdef public bytes block
    cdef public bint chunked
    cdef public object content_length
    cdef public Py_ssize_t end
    cdef public bint expect_continue
    cdef public bint forwarded
    cdef public str http_version
    cdef public bint keep_alive
    cdef public str method
    cdef public str path
    cdef public bytes query
    cdef public bytes raw_path
    cdef public bytes target
    cdef public object trailers
    cdef public object upgrade
    cpdef take_decisions(self, RequestHead previous)

@cython.locals(is_11=cython.bint, name=bytes)
cpdef decide(RequestHead head, list found)
