cdef class Budget:
    cdef public object _burst, _rate, _since, left
    cpdef bint spend(self, object now) except -1
    cpdef earn(self, object count)

cdef class Budgets:
    cdef public Budget empty, other, pings, resets, settings, updates
