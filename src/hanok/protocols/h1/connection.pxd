cimport cython
from hanok.protocols.h1.closing cimport Closing
from hanok.protocols.h1.exchange cimport H1Exchange
from hanok.protocols.h1.head cimport RequestHead
from hanok.protocols.services cimport Services

cdef class H1Connection(Closing):
    cdef public Py_ssize_t _at
    cdef public bytes _buffer
    cdef public object _limits, _said, _since, _turn
    cdef public bint left
    cdef public RequestHead _previous

    @cython.locals(state=object)
    cpdef data_received(self, bytes data)
    cpdef _keep(self, bytes data)
    @cython.locals(head=RequestHead, count=Py_ssize_t, buffer=bytes)
    cpdef _advance(self)
    @cython.locals(data=bytes, at=Py_ssize_t, end=object)
    cpdef _take(self, RequestHead head)
    cpdef _rest(self, bytes data, Py_ssize_t at)
    @cython.locals(exchange=H1Exchange)
    cpdef _begin(self, RequestHead head, bytes body, object queue)
    cpdef bint may_persist(self) except -1
    @cython.locals(services=Services, own=H1Exchange)
    cpdef answer_end(self, object exchange)
    cpdef _idle(self)

cdef object _IDLE, _READING, _ANSWERING, _DISCARDING, _UPGRADED, _ON_REQUEST, _ON_ANSWER_END, TURNING
