from hanok.exchange.incoming cimport Incoming

cdef class WebSocketExchange(Incoming):
    cdef public object websocket
