cimport cython
from hanok.protocols.h2.exchange cimport H2Exchange
from hanok.protocols.h2.head cimport H2Head, read_head, same
from hanok.protocols.h2.output cimport Output
from hanok.protocols.h2.session cimport Session

cdef object _HALF_CLOSED_REMOTE, _LINGERING, _CLOSED
cdef object RequestReceived, StreamClosed, DataReceived, TrailersReceived, PingAcknowledged, ConnectionClosed

cdef class H2Connection(Output):
    cdef public object _goodbye, _limits, state
    cdef public Py_ssize_t _most_running
    cdef public long _previous_at
    cdef public H2Head _previous
    cdef public list _undecided
    cdef public dict receivers

    @cython.locals(session=Session)
    cpdef data_received(self, bytes data)
    cpdef take(self, list events)
    @cython.locals(head=H2Head, fields=tuple, end=cython.bint, session=Session)
    cpdef _request(self, object event)
    @cython.locals(streams=dict)
    cpdef _closed(self, object event)
    @cython.locals(exchange=H2Exchange)
    cpdef begin(self, object stream, H2Head head, object body, object upload)
    cpdef end_of_session(self, object over)

