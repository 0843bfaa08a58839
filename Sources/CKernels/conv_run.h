// One convolution pass, forward or backward-data: they differ in the packing of the weights and in what is done with the sums.
#pragma once
#include "conv_internal.h"

typedef struct {
  dcs_tensor inputs[2], outputs[2];   // one or two ranges of channels each
  int input_count, output_count;
  dcs_extent kernel;
  dcs_extent before;                  // zeros around the inputs that exist nowhere; conv_run knows those along z alone
  const float *packed, *bias;
  int relu, accumulate;               // accumulate: bit r for output range r
} conv_pass;

void conv_run(dcs_pool *pool, const conv_pass *pass);
