cimport cython
from hanok.exchange cimport WebSocketExchange
from hanok.protocols.waiter cimport Waiter
from hanok.protocols.ws.writer cimport Writer

cdef class WsExchange(WebSocketExchange):
    cdef public object _denial, _ended, inbox, socket_state, status
    cdef public Py_ssize_t inbox_size
    cdef public Waiter waiter
    cdef public Writer connection
    cpdef deliver(self, dict message, Py_ssize_t size)
    cpdef _send(self, dict message)

cdef object _OPEN
