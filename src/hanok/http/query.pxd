cimport cython

cpdef list parse_query(bytes query)

cpdef dict query_values(bytes query)

@cython.locals(pairs=list, plain=cython.bint, piece=str, name=str, value=str, at=Py_ssize_t)
cpdef list parse_pairs(str text)

cpdef str decoded(str text)
