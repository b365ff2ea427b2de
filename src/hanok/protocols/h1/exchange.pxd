cimport cython
from hanok.exchange cimport Exchange
from hanok.protocols.h1.answer cimport Heads, length_line
from hanok.protocols.h1.output cimport Output
from hanok.protocols.h1.head cimport RequestHead

cdef object _UNSENT, _LENGTH, _WAITING, _FixedHeaders

cdef class H1Exchange(Exchange):
    cdef public object _burst, _over, framing, queue, remaining
    cdef public bint keep_alive
    cdef public Output connection
    cdef public RequestHead _head
    cpdef _fill(self, Output connection, RequestHead head, object body)
    @cython.locals(method=str, version=str)
    cpdef bint _is_common(self) except -1
    @cython.locals(connection=Output, heads=Heads, begin=bytes, size=Py_ssize_t, keep_alive=bint)
    cpdef _answer(self, object status, object headers, object body)

cpdef bytes connection_line(bint close, str http_version)
