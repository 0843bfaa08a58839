// Bitshuffle: the bits of elements sorted by their place, so that a compressor sees long runs.
//
//   apart[(b * 8 + j) * count / 8 + i], bit k  =  bit j of byte b of element 8 i + k
//
// count   elements, a multiple of 8
// size    bytes an element
// Blosc's and HDF5's filter of that name make the same bytes. Floor: each byte is read once and written once.
#pragma once
#include <stdint.h>

void dcs_bits_apart(const uint8_t *together, int64_t count, int64_t size, uint8_t *apart);
void dcs_bits_together(const uint8_t *apart, int64_t count, int64_t size, uint8_t *together);
