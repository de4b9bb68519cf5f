#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>

#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {
std::string npy(const std::string& dict, const std::string& data) {
  std::string s("\x93NUMPY\x01\x00", 8);
  s += static_cast<char>(dict.size() & 255);
  s += static_cast<char>(dict.size() >> 8);
  return s + dict + data;
}
}  // namespace

TEST_CASE("npy: what is written is read again, bit for bit, in every type and rank") {
  const Scratch dir;
  const std::vector<double> values = {0, -0.0, 1.5, -2, 3, 100};
  for (const DType d : {DType::f32, DType::f64, DType::f16, DType::i64, DType::i32, DType::i8, DType::u8})
    for (const Shape& shape : {Shape{6}, Shape{2, 3}, Shape{1, 3, 2}, Shape{0, 4}}) {
      const Tensor t = shape.numel() ? Tensor::from(values, shape).to(d) : Tensor::zeros(shape, d);
      write_npy(dir / "t.npy", t);
      const Tensor back = read_npy(dir / "t.npy");
      CHECK(back.dtype() == d);
      CHECK(back.shape() == shape);
      CHECK(std::memcmp(back.bytes_begin(), t.bytes_begin(), static_cast<size_t>(t.bytes())) == 0);
    }
  write_npy(dir / "s.npy", Tensor::scalar(2.5));
  CHECK(read_npy(dir / "s.npy").item() == 2.5);
  write_npy(dir / "b.npy", Tensor::full({3}, 1.5, DType::bf16));
  CHECK(read_npy(dir / "b.npy").dtype() == DType::f32);
  CHECK(read_npy_header(dir / "t.npy").data_offset % 64 == 0);
}

TEST_CASE("npy: headers that say something else than the data are refused") {
  const Scratch dir;
  const std::string eight(8, '\0');
  const std::pair<std::string, std::string> cases[] = {
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", eight), "cut short"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", eight + "x"), "after its data"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1), }", eight), "tuple"},
      {npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }", eight), "True nor False"},
      {npy("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", eight), "twice"},
      {npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", eight), "<c8"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", eight), "too large"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", eight), "dimensions"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } evil()", eight), "goes on"},
      {npy("__import__('os')", eight), "'{' is expected"}};
  for (const auto& [bytes, part] : cases) {
    write_file(dir / "bad.npy", bytes);
    check_error(ErrorKind::bad_input, "bad.npy", [&] { read_npy(dir / "bad.npy"); });
    check_error(ErrorKind::bad_input, part, [&] { read_npy(dir / "bad.npy"); });
  }
  write_file(dir / "u.npy", npy("{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", std::string(8, '\xff')));
  check_error(ErrorKind::bad_input, "18446744073709551615", [&] { read_npy(dir / "u.npy"); });
}

TEST_CASE("npy: mutated files are read or refused") {
  const Scratch dir;
  const std::string path = dir / "fuzz.npy";
  for (const char* descr : {"<f4", ">i2"})
    fuzz(npy(std::string("{'descr': '") + descr + "', 'fortran_order': True, 'shape': (2, 3), }", std::string(descr[2] == '4' ? 24 : 12, '\x40')), descr,
         fuzz_rounds(1500), [&](const std::string& s) {
           std::FILE* f = std::fopen(path.c_str(), "wb");
           std::fwrite(s.data(), 1, s.size(), f);
           std::fclose(f);
           (void)read_npy(path).values();
         });
}
