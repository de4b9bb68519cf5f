#include "models/bench/arrays.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels/base/error.h"
#include "kernels/normal/normal.h"

namespace ceir {

std::vector<float> BenchArrays::drawn(int64_t n, double scale, double shift) {
  std::vector<float> v(static_cast<size_t>(n));
  fill_normal(Random(seed_ + drawn_++, "bench"), v.data(), n);
  if (scale != 1 || shift != 0)
    for (float& x : v) x = static_cast<float>(scale * static_cast<double>(x) + shift);
  return v;
}

void* BenchArrays::place(const void* values, size_t bytes) {
  Block b;
  b.bytes = bytes;
  if (device_ == Device::cuda) {
    b.memory = DeviceMemory(bytes);
    if (values) b.memory.copy_in(values);
    else b.memory.fill(0xFF);
    b.pointer = b.memory.as<void>();
  } else {
    const size_t whole = (bytes + 63) / 64 * 64 + 64;
    void* memory = std::aligned_alloc(64, whole);
    if (!memory) fail(ErrorKind::resource, "bench: no memory for an array of {} bytes; take a smaller --batch", bytes);
    b.host = {static_cast<unsigned char*>(memory), std::free};
    if (values) std::memcpy(memory, values, bytes);
    else std::memset(memory, 0xFF, bytes);
    b.pointer = memory;
  }
  blocks_.push_back(std::move(b));
  return blocks_.back().pointer;
}

void BenchArrays::finish_last() {
  Block& b = blocks_.back();
  if (!b.restored) return;
  b.original.resize(b.bytes);
  if (b.host) std::memcpy(b.original.data(), b.host.get(), b.bytes);
  else b.memory.copy_out(b.original.data());
}

void BenchArrays::restore() const {
  for (const Block& b : blocks_) {
    if (b.restored) {
      if (b.host) std::memcpy(b.host.get(), b.original.data(), b.bytes);
      else b.memory.copy_in(b.original.data());
    } else if (b.compared > 0) {
      if (b.host) std::memset(b.host.get(), 0xFF, b.bytes);
      else b.memory.fill(0xFF);
    }
  }
}

std::vector<std::vector<double>> BenchArrays::results() const {
  std::vector<std::vector<double>> all;
  for (const Block& b : blocks_) {
    if (b.compared == 0) continue;
    std::vector<unsigned char> bytes(b.bytes);
    if (b.host) std::memcpy(bytes.data(), b.host.get(), b.bytes);
    else b.memory.copy_out(bytes.data());
    const auto read = [&]<class T>(T) {
      std::vector<double> v(static_cast<size_t>(b.compared));
      for (size_t i = 0; i < v.size(); i++) {
        T x;
        std::memcpy(&x, bytes.data() + i * sizeof(T), sizeof(T));
        v[i] = static_cast<double>(x);
      }
      return v;
    };
    switch (b.element) {
      case Element::f32: all.push_back(read(float{})); break;
      case Element::f64: all.push_back(read(double{})); break;
      case Element::i32: all.push_back(read(int32_t{})); break;
      case Element::i64: all.push_back(read(int64_t{})); break;
    }
  }
  return all;
}

}  // namespace ceir
