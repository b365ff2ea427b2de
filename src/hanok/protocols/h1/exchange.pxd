cimport cython
from hanok.protocols.exchange cimport HttpExchange
from hanok.protocols.h1.answer cimport Heads, length_line
from hanok.protocols.h1.output cimport Output
from hanok.protocols.h1.head cimport RequestHead

cdef object _UNSENT, _LENGTH, _FixedHeaders

cdef class H1Exchange(HttpExchange):
    cdef public object queue
    cdef public bint keep_alive
    cdef public Output connection
    cpdef _fill(self, Output connection, RequestHead head, object body)
    @cython.locals(method=str, version=str)
    cpdef bint _is_common(self) except -1
    @cython.locals(connection=Output, heads=Heads, begin=bytes, size=Py_ssize_t, keep_alive=bint)
    cpdef _answer(self, object status, object headers, object body)

cpdef bytes connection_line(bint close, str http_version)
