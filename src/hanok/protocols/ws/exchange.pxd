cimport cython
from hanok.exchange.websocket cimport WebSocketExchange
from hanok.protocols.waiter cimport Waiter
from hanok.protocols.ws.writer cimport Writer

cdef class WsExchange(WebSocketExchange):
    cdef public object _denial, _ended, inbox, socket_state, status
    cdef public Py_ssize_t inbox_size
    cdef public Waiter waiter
    cdef public Writer connection
    @cython.locals(waiter=Waiter)
    cpdef take(self, object kind)
    cdef object _next(self)
    cpdef deliver(self, object data)
    @cython.locals(connection=Writer)
    cpdef give_text(self, object text)
    @cython.locals(connection=Writer)
    cpdef give_bytes(self, object data)
    cpdef _send(self, dict message)

cdef object _OPEN
