cdef class Waiter:
    cdef public object _callback, _context, loop
    cdef public bint _asyncio_future_blocking, _cancelled, _woken
    cpdef bint waits(self)
    cpdef wake(self)
    cpdef wake_soon(self)
    cpdef _resume(self)

cdef object _current_task
