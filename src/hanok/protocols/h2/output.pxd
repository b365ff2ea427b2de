cimport cython
from hanok.protocols.connection cimport HttpConnection
from hanok.protocols.h2.answer cimport H2Heads
from hanok.protocols.h2.session cimport Session

cdef class Output(HttpConnection):
    cdef public bint _batch, _flushing
    cdef public object _clocks, engine
    cdef public list _ending
    cdef public dict _rooms, exchanges
    cdef public H2Heads heads
    cdef public Session session

    cpdef take(self, list events)
    cpdef end_of_session(self, object over)
    cpdef flush_soon(self)
    @cython.locals(session=Session, data=bytes, events=list)
    cpdef flush(self)
    cpdef write(self, bytes data)
    cpdef end_request(self, object stream)
    cpdef consumed(self, object stream, object size)
    cpdef wake(self, object stream)
