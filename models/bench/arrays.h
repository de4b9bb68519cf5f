// The arrays of one measured call, in the CPU's memory or a device's: the same code makes the arguments of an operation for
// both, in float and in double.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/table.h"
#include "kernels/launch/device.h"

namespace ceir {

class BenchArrays {
 public:
  BenchArrays(Device device, uint64_t seed) : device_(device), seed_(seed) {}
  Device device() const { return device_; }

  // n normal numbers, times `scale` plus `shift`; the k-th array of a call holds the same ones (rounded to float) in every T.
  template <class T> T* normal(int64_t n, double scale = 1, double shift = 0) { return of(converted<T>(drawn(n, scale, shift))); }
  // The same, for what a call changes: put back before each comparison, and compared.
  template <class T> T* changed(int64_t n, double scale = 1, double shift = 0) {
    T* p = normal<T>(n, scale, shift);
    blocks_.back().restored = true;
    compare_last<T>(n);
    return p;
  }
  // Of n elements that a call writes, the first `compared` (all of them when negative).
  template <class T> T* result(int64_t n, int64_t compared = -1) {
    T* p = scratch<T>(n);
    compare_last<T>(compared < 0 ? n : compared);
    return p;
  }
  template <class T> T* scratch(int64_t n) { return static_cast<T*>(place(nullptr, static_cast<size_t>(n) * sizeof(T))); }
  template <class T> T* of(const std::vector<T>& values) { return static_cast<T*>(place(values.data(), values.size() * sizeof(T))); }
  // Something that stays in the CPU's memory.
  template <class X> X* keep(X value) {
    auto kept = std::make_shared<X>(std::move(value));
    kept_.push_back(kept);
    return kept.get();
  }

  // Before a comparison: what calls change is as it was, and results are NaN bytes, so that one that is not written is found.
  void restore() const;
  // Each array to compare, as doubles.
  std::vector<std::vector<double>> results() const;

  std::vector<float> drawn(int64_t n, double scale, double shift);
  template <class T> static std::vector<T> converted(const std::vector<float>& v) { return {v.begin(), v.end()}; }

 private:
  enum class Element : uint8_t { f32, f64, i32, i64 };
  struct Block {
    std::unique_ptr<unsigned char[], void (*)(void*)> host{nullptr, nullptr};  // of the CPU, and what is put back
    DeviceMemory memory;
    size_t bytes = 0;
    bool restored = false;
    std::vector<unsigned char> original;
    int64_t compared = 0;
    Element element = Element::f32;
    void* pointer = nullptr;
  };
  void* place(const void* values, size_t bytes);
  template <class T> void compare_last(int64_t n) {
    Block& b = blocks_.back();
    b.compared = n;
    b.element = std::is_same_v<T, float> ? Element::f32 : std::is_same_v<T, double> ? Element::f64 : std::is_same_v<T, int32_t> ? Element::i32 : Element::i64;
    finish_last();
  }
  void finish_last();

  Device device_;
  uint64_t seed_, drawn_ = 0;
  std::vector<Block> blocks_;
  std::vector<std::shared_ptr<void>> kept_;
};

}  // namespace ceir
