// What the machine can do at best, to say how near to it kernels come.
#pragma once
#include "pool.h"

/// Floating-point operations a second of the pool's threads, multiplications and additions counted singly, on the kernel level in use: the
/// best of nine trials of a few milliseconds.
double dcs_peak_flops(dcs_pool *pool);
