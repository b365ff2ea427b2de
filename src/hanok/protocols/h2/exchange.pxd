cimport cython
from hanok.protocols.exchange cimport HttpExchange
from hanok.protocols.h2.answer cimport H2Heads
from hanok.protocols.h2.head cimport H2Head
from hanok.protocols.h2.output cimport Output
from hanok.protocols.services cimport Services

cdef object _UNSENT, _LENGTH, FixedHeaders

cdef class H2Exchange(HttpExchange):
    cdef public object number, upload
    cdef public bint gone
    cdef public Output connection

    cpdef fill(self, Output connection, object stream, H2Head head, object body)
    @cython.locals(connection=Output, fields=tuple, has_body=cython.bint, heads=H2Heads, size=Py_ssize_t)
    cpdef _answer(self, object status, object headers, object body)
    @cython.locals(connection=Output, services=Services)
    cpdef _end(self)
    @cython.locals(connection=Output)
    cpdef fail(self)
    cpdef lost(self)
