// The one header that Swift sees of the C kernels: one include a kernel family.
#pragma once
#include "pool.h"
#include "tensor.h"
#include "level.h"
#include "conv.h"
#include "nn.h"
#include "interleave.h"
#include "seg.h"
#include "elementwise.h"
#include "random.h"
#include "stack.h"
#include "reduce.h"
#include "warp.h"
