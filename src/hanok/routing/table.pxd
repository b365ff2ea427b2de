cimport cython
from hanok.exchange.http cimport Exchange
from hanok.exchange.incoming cimport Incoming

cdef class Entry:
    cdef public object endpoint, enter, index, max_body_size, methods, route, template
    cdef public list whole_segments
    @cython.locals(found=dict, piece=str, place=Py_ssize_t)
    cpdef dict params_of(self, list pieces)

cdef class Slot:
    cdef public Entry any_method
    cdef public dict by_method
    cdef public list entries

cdef class Node:
    cdef public object accepts
    cdef public bint branches
    cdef public list ends, tails
    cdef public dict literals, patterns
    cdef public Node onward
    cdef public Slot slot

cdef class MatchTable:
    cdef public bint _alone
    cdef public dict _merged, _static
    cdef public Node _root
    @cython.locals(found=object)
    cpdef Slot slot(self, str path)
    @cython.locals(path=str, pieces=list, slot=Slot, entry=Entry, params=dict, http=Exchange)
    cpdef run(self, Incoming exchange, object router)
    @cython.locals(node=Node, onward=Node, segment=str, place=Py_ssize_t)
    cpdef Slot _search(self, str path, list segments)
