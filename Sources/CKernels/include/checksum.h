// Checksums of stored bytes.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 B.4) by the instruction of the machine where it has one.
uint32_t dcs_crc32c(const void *bytes, size_t count);
/// The same, one table look-up a byte: what the fast one is tested against.
uint32_t dcs_crc32c_plain(const void *bytes, size_t count);
/// xxHash, 32 bits: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
uint32_t dcs_xxh32(const void *bytes, size_t count, uint32_t seed);
/// Fletcher's checksum of big-endian 16-bit words, as HDF5 and numcodecs compute it.
uint32_t dcs_fletcher32(const void *bytes, size_t count);
/// Bob Jenkins' lookup3 (hashlittle): https://burtleburtle.net/bob/c/lookup3.c
uint32_t dcs_lookup3(const void *bytes, size_t count, uint32_t seed);
