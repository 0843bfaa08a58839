// Decoding of single strips and tiles by libtiff, which is loaded at its first use.
//
// Directories are walked and their tags read in Swift (FileFormats/Tiff); libtiff is given the place of one and undoes its compression.
// Its errors are kept, not printed. A handle belongs to one thread at a time; many may share a file.
#ifndef CTIFF_H
#define CTIFF_H

#include <stdint.h>

typedef struct dcs_tiff dcs_tiff;

/// 0: there; 1: no libtiff.so.6; 2: it is older than 4.5.
int dcs_tiff_load(void);
/// NULL where the header is none, or there is no memory. `file` stays the caller's and must outlive the handle.
dcs_tiff *dcs_tiff_open(int file, int64_t size);
void dcs_tiff_close(dcs_tiff *tiff);
/// Decodes strip or tile `index` of the directory at byte `directory`, in the machine's byte order; JPEG comes as RGB.
/// Returns the bytes written, at most `size`; -1 on error.
int64_t dcs_tiff_decode(dcs_tiff *tiff, uint64_t directory, int is_tiled, uint32_t index, void *target, int64_t size);
/// What libtiff said of the last error.
const char *dcs_tiff_message(const dcs_tiff *tiff);
/// Whether this libtiff can undo a compression.
int dcs_tiff_can_decode(uint16_t compression);

#endif
