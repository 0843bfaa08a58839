// Which instruction set the convolution kernels use: "avx512", "avx2" or "baseline" (plain C).
//
// The best level of the machine is taken unless a lower one is set; set it before work starts, not while a kernel runs.
// Levels with fused multiply-add (avx2, avx512) agree byte for byte in forward and backward-data convolution; "baseline" rounds each
// product on x86; weight gradients are summed in another order on each level. All other kernels give the same bytes on every level.
#pragma once

const char *dcs_kernel_level(void);
/// For the whole process. Returns 1, or 0 (and changes nothing) when the machine lacks the level or the name is unknown.
int dcs_kernel_set_level(const char *name);
/// For kernels that the calling thread starts, on whatever pool; NULL ends it. Returns as above. Lets tests compare levels side by side.
int dcs_kernel_set_thread_level(const char *name);
