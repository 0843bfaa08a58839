// Weights in the order in which conv_strip reads them: [group of output channels][input channel][kz][ky][kx][channel in the group].
#include "conv_internal.h"

int64_t dcs_conv_packed_count(int64_t outputs, int64_t inputs, dcs_extent kernel) {
  int64_t whole = outputs / GROUP * GROUP;
  int64_t last = whole < outputs ? group_width(whole, outputs) : 0;
  return (whole + last) * inputs * kernel_volume(kernel);
}

void dcs_conv_pack_forward(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed) {
  int64_t per_output = inputs * kernel_volume(kernel);
  for (int64_t first = 0; first < outputs; first += GROUP) {
    int64_t width = group_width(first, outputs);
    for (int64_t k = 0; k < per_output; k++)
      for (int64_t m = 0; m < width; m++)
        *packed++ = first + m < outputs ? weights[(first + m) * per_output + k] : 0;
  }
}

// Input channels of the forward convolution are the outputs here; the kernel is read backwards along all three axes.
void dcs_conv_pack_backward(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed) {
  int64_t volume = kernel_volume(kernel);
  for (int64_t first = 0; first < inputs; first += GROUP) {
    int64_t width = group_width(first, inputs);
    for (int64_t o = 0; o < outputs; o++)
      for (int64_t k = volume - 1; k >= 0; k--)
        for (int64_t m = 0; m < width; m++)
          *packed++ = first + m < inputs ? weights[(o * inputs + first + m) * volume + k] : 0;
  }
}
