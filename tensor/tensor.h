// A tensor: a view (offset, shape, strides) of shared storage, with an identity on the tape.
// Copying a Tensor copies the handle; clone() copies the data. Values of a tensor that went into
// an operation are not to be changed while a tape that recorded it lives.
//
// A tensor lies where it was made: on the CPU, or on a device within a ComputeOn (kernels/launch/compute.h). Operations run
// where this thread computes and want their inputs there; on() brings a tensor over. Looking at the values of a tensor that
// lies elsewhere throws.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/base/error.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"
#include "tensor/storage.h"

namespace ceir {

class Tensor {
 public:
  Tensor() = default;  // undefined: defined() is false

  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = compute_device());  // uninitialised
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);
  static Tensor scalar(double value, DType dtype = DType::f32) { return full({}, value, dtype); }
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) { return from(std::span<const T>(values), shape); }
  // A contiguous view of foreign memory (of the CPU) that `owner` keeps alive; not to be written to.
  static Tensor borrow(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int i) const { return shape_.dim(i); }
  int64_t numel() const { return shape_.numel(); }
  int64_t bytes() const { return numel() * size_of(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_->device(); }
  const Strides& strides() const { return strides_; }
  int64_t stride(int i) const { return strides_[static_cast<size_t>(i < 0 ? i + rank() : i)]; }
  bool is_contiguous() const;
  bool sole_owner() const { return storage_.use_count() == 1; }  // nobody else can see a change of the data

  // First element, for the kernels of this thread's device. Throws Error(internal) when T is not the dtype or the tensor lies
  // on another device. Mind the strides unless contiguous.
  template <class T> T* data() { return static_cast<T*>(raw(dtype_of<T>)); }
  template <class T> const T* data() const { return static_cast<const T*>(raw(dtype_of<T>)); }
  std::byte* bytes_begin() const { return require_device(Device::cpu), address(); }
  std::byte* address() const { return storage_->data() + offset_ * size_of(dtype_); }  // of whichever device; for copies
  // For loops of the CPU.
  template <class T> std::span<const T> span() const { require_contiguous(); return {reinterpret_cast<const T*>(host(dtype_of<T>)), static_cast<size_t>(numel())}; }
  template <class T> std::span<T> span() { require_contiguous(); return {reinterpret_cast<T*>(host(dtype_of<T>)), static_cast<size_t>(numel())}; }
  double item() const;               // the value of a one-element tensor; brought over from a device
  std::vector<double> values() const;  // every element in C order, as double (tests, small things); brought over from a device

  // None of these is recorded on the tape: see tensor/ops/shape.h for the differentiable ones.
  Tensor clone() const;              // contiguous copy
  Tensor contiguous() const;         // itself when contiguous already
  Tensor to(DType dtype) const;      // itself when of that dtype already
  Tensor on(Device device) const;    // itself when there already, else a dense copy
  Tensor view(const Shape& shape, const Strides& strides, int64_t offset) const;  // offset relative to this one
  Tensor reshaped(const Shape& shape) const;  // same elements in C order; a view when contiguous
  Tensor rows(int64_t begin, int64_t end) const;  // view of [begin, end) along dimension 0
  Tensor detached() const;           // same data, no identity on the tape
  void copy_from(const Tensor& source);  // same shape; converts dtypes
  void fill(double value);

  // Identity for gradients: 0 = constant. A leaf gets one by track(); results of recorded operations have one.
  uint64_t id() const { return id_; }
  bool tracked() const { return id_ != 0; }
  Tensor& track();  // makes it a leaf (parameters, inputs of a gradient check)

 private:
  friend Tensor with_new_id(Tensor t);
  void* raw(DType wanted) const;
  std::byte* host(DType wanted) const;
  void require_device(Device device) const;
  void require_contiguous() const;

  std::shared_ptr<Storage> storage_;
  int64_t offset_ = 0;  // in elements
  Shape shape_;
  Strides strides_{};
  DType dtype_ = DType::f32;
  uint64_t id_ = 0;
};

Tensor with_new_id(Tensor t);

// Throws Error(internal): "layernorm: gain has shape (3), expected (4)".
void require_shape(std::string_view what, const Tensor& t, const Shape& expected);
void require_same_dtype(std::string_view op, const Tensor& a, const Tensor& b);
void require_rank(std::string_view what, const Tensor& t, int rank);

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  if (static_cast<int64_t>(values.size()) != shape.numel())
    fail(ErrorKind::internal, "Tensor::from: {} values for shape {}", values.size(), shape.str());
  Tensor t = empty(shape, dtype_of<T>, Device::cpu);
  std::copy(values.begin(), values.end(), t.span<T>().begin());
  return t.on(compute_device());
}

}  // namespace ceir
