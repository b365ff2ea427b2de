cimport cython
from hanok.protocols.h1.head cimport RequestHead, decide

cdef bytes _KINDS
cdef bytes _LETTERS
cdef const unsigned char* KINDS
cdef const unsigned char* LETTERS
cdef unsigned char IN_TOKEN, IN_PATH, IN_QUERY, IN_VALUE, IN_NAME
cdef dict _METHODS
cdef frozenset FIELDS_THAT_DECIDE

@cython.locals(head=RequestHead)
cpdef scan_head(bytes data, Py_ssize_t start=*, object limits=*, RequestHead previous=*)

@cython.locals(
    text=cython.p_const_uchar, size=Py_ssize_t, at=Py_ssize_t, target_at=Py_ssize_t, path_end=Py_ssize_t,
    target_end=Py_ssize_t, block_at=Py_ssize_t, name_at=Py_ssize_t, name_end=Py_ssize_t, value_at=Py_ssize_t,
    end=Py_ssize_t, length=Py_ssize_t, is_plain=cython.bint, is_11=cython.bint, minor=cython.uchar, letter=cython.uchar,
    head=RequestHead, found=list, raw_path=bytes, method=bytes, name=bytes, path=str)
cdef RequestHead _scan(bytes data, Py_ssize_t start, object limits, RequestHead previous)

@cython.locals(text=cython.p_const_uchar, size=Py_ssize_t, at=Py_ssize_t, port_at=Py_ssize_t)
cpdef object scan_host(bytes value)

@cython.locals(text=cython.p_const_uchar, other=cython.p_const_uchar, size=Py_ssize_t, place=Py_ssize_t)
cdef bint repeats(bytes data, Py_ssize_t at, bytes block)
