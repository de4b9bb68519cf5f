// NumPy's .npy format, versions 1 to 3 (numpy/lib/format.py describes it).
#pragma once
#include <string>

#include "tensor/io/stored.h"
#include "tensor/tensor.h"

namespace ceir {

// Reads f2, f4, f8, i1, i4, i8, u1 (bool as u8; i2, u2, u4 and u8 widened to i64 where they fit), little- or big-endian,
// C or Fortran order; the result is contiguous and owned (memory-mapped when it can be). Throws Error(bad_input)
// naming the file and what is wrong.
Tensor read_npy(const std::string& path);

// read_npy and a check: dtype converted to f32 or f64 when it is another float type; `rank` dimensions.
Tensor read_npy_matrix(const std::string& path, DType dtype, int rank = 2);

// C order, little-endian, version 1 header padded to 64 bytes as NumPy does (bf16 is written as f32); atomic.
void write_npy(const std::string& path, const Tensor& t);

// Header and layout only, for `inspect` and --dry-run.
struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order;
  Shape shape;
  int64_t data_offset, data_bytes;
  Stored stored;
  bool big_endian;
};
NpyHeader read_npy_header(const std::string& path);

}  // namespace ceir
