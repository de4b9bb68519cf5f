#include "tensor/tensor.h"

#include <atomic>
#include <cstring>

#include "tensor/convert.h"
#include "tensor/transfer.h"

namespace ceir {

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  Tensor t;
  t.storage_ = Storage::allocate(shape.numel() * size_of(dtype), device);
  t.shape_ = shape;
  t.strides_ = contiguous_strides(shape);
  t.dtype_ = dtype;
  return t;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  if (t.device() == Device::cuda) device_zeros(t);
  else std::memset(t.bytes_begin(), 0, static_cast<size_t>(t.bytes()));
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor t = empty(shape, dtype);
  t.fill(value);
  return t;
}

Tensor Tensor::borrow(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner) {
  Tensor t;
  t.storage_ = Storage::borrow(const_cast<void*>(data), shape.numel() * size_of(dtype), std::move(owner));
  t.shape_ = shape;
  t.strides_ = contiguous_strides(shape);
  t.dtype_ = dtype;
  return t;
}

bool Tensor::is_contiguous() const {
  int64_t step = 1;
  for (int i = rank() - 1; i >= 0; i--) {
    if (shape_[i] != 1 && strides_[static_cast<size_t>(i)] != step) return numel() == 0;
    step *= shape_[i];
  }
  return true;
}

void* Tensor::raw(DType wanted) const {
  if (!storage_) fail(ErrorKind::internal, "data of an undefined tensor asked for");
  if (wanted != dtype_)
    fail(ErrorKind::internal, "tensor {} is {}, but was read as {}", shape_.str(), name_of(dtype_), name_of(wanted));
  require_device(compute_device());
  return address();
}

std::byte* Tensor::host(DType wanted) const {
  require_device(Device::cpu);
  if (wanted != dtype_)
    fail(ErrorKind::internal, "tensor {} is {}, but was read as {}", shape_.str(), name_of(dtype_), name_of(wanted));
  return address();
}

void Tensor::require_device(Device device) const {
  if (storage_ && storage_->device() == device) return;
  if (!storage_) fail(ErrorKind::internal, "data of an undefined tensor asked for");
  fail(ErrorKind::internal, "tensor {} lies on the {}, but is used on the {}", shape_.str(), device == Device::cpu ? "device" : "CPU",
       device == Device::cpu ? "CPU" : "device");
}

void Tensor::require_contiguous() const {
  if (!is_contiguous()) fail(ErrorKind::internal, "tensor {} is not contiguous", shape_.str());
}

double Tensor::item() const {
  if (numel() != 1) fail(ErrorKind::internal, "item() of a tensor of shape {}", shape_.str());
  return values()[0];
}

std::vector<double> Tensor::values() const {
  const Tensor here = on(Device::cpu);
  Tensor d = empty(shape_, DType::f64, Device::cpu);
  d.copy_from(here);
  return {d.span<double>().begin(), d.span<double>().end()};
}

Tensor Tensor::clone() const {
  Tensor t = empty(shape_, dtype_, device());
  t.copy_from(*this);
  return t;
}

Tensor Tensor::on(Device device) const {
  if (this->device() == device) return *this;
  Tensor t = empty(shape_, dtype_, device);
  t.copy_from(*this);
  return t;
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor t = empty(shape_, dtype, device());
  t.copy_from(*this);
  return t;
}

Tensor Tensor::view(const Shape& shape, const Strides& strides, int64_t offset) const {
  Tensor t = detached();
  t.shape_ = shape;
  t.strides_ = strides;
  t.offset_ = offset_ + offset;
  return t;
}

Tensor Tensor::reshaped(const Shape& shape) const {
  if (shape.numel() != numel())
    fail(ErrorKind::internal, "reshape: {} has {} elements, {} has {}", shape_.str(), numel(), shape.str(), shape.numel());
  return contiguous().view(shape, contiguous_strides(shape), 0);
}

Tensor Tensor::rows(int64_t begin, int64_t end) const {
  if (rank() == 0 || begin < 0 || end < begin || end > dim(0))
    fail(ErrorKind::internal, "rows: [{}, {}) of shape {}", begin, end, shape_.str());
  return view(shape_.with(0, end - begin), strides_, begin * strides_[0]);
}

Tensor Tensor::detached() const {
  Tensor t = *this;
  t.id_ = 0;
  return t;
}

void Tensor::copy_from(const Tensor& source) {
  if (!(source.shape() == shape_))
    fail(ErrorKind::internal, "copy: shapes {} and {} differ", shape_.str(), source.shape().str());
  if (source.device() == Device::cpu && device() == Device::cpu) convert_elements(source, *this);
  else copy_between_devices(source, *this);
}

void Tensor::fill(double value) {
  if (device() == Device::cuda && dtype_ == DType::f32 && is_contiguous()) return device_fill(*this, static_cast<float>(value));
  Tensor one = empty({}, DType::f64, Device::cpu);
  one.span<double>()[0] = value;
  copy_from(one.to(dtype_).on(device()).view(shape_, Strides{}, 0));
}

Tensor with_new_id(Tensor t) {
  static std::atomic<uint64_t> next{1};
  t.id_ = next.fetch_add(1, std::memory_order_relaxed);
  return t;
}

Tensor& Tensor::track() { return *this = with_new_id(*this); }

void require_shape(std::string_view what, const Tensor& t, const Shape& expected) {
  if (!t.defined() || !(t.shape() == expected))
    fail(ErrorKind::internal, "{} has shape {}, expected {}", what, t.defined() ? t.shape().str() : "none", expected.str());
}

void require_same_dtype(std::string_view op, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    fail(ErrorKind::internal, "{}: {} of {} and {} of {} differ in type", op, a.shape().str(), name_of(a.dtype()),
         b.shape().str(), name_of(b.dtype()));
}

void require_rank(std::string_view what, const Tensor& t, int rank) {
  if (!t.defined() || t.rank() != rank)
    fail(ErrorKind::internal, "{} has shape {}, expected {} dimensions", what, t.defined() ? t.shape().str() : "none", rank);
}

}  // namespace ceir
