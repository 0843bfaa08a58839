// Which instruction set the convolution kernels use: "amx" (AVX-512 with tiles of bfloat16), "avx512", "avx2" or "baseline" (plain C).
//
// The best level of the machine is taken unless a lower one is set; set it before work starts, not while a kernel runs.
// Levels with fused multiply-add (all but "baseline", which rounds each product on x86) agree byte for byte in forward and backward-data convolution;
// by minimal filtering "amx" gives other bytes, whose error is larger (conv_winograd.h). Weight gradients are summed in another order on each level, the
// direct ones of "amx" being those of "avx512". All other kernels give the same bytes on every level.
// "amx" is there where the processor has it and the system lets the process use it (Linux 5.16), which is asked for once.
#pragma once

const char *dcs_kernel_level(void);
/// For the whole process. Returns 1, or 0 (and changes nothing) when the machine lacks the level or the name is unknown.
int dcs_kernel_set_level(const char *name);
/// For kernels that the calling thread starts, on whatever pool; NULL ends it. Returns as above. Lets tests compare levels side by side.
int dcs_kernel_set_thread_level(const char *name);
