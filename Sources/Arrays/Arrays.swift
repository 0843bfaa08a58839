// Arrays holds n-dimensional values in memory: element types, strided views, fused expressions, reductions, casts.
