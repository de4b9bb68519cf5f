// Tensors that lie on a device, and every differentiable operation there: the rows of the gradient checks, forward and
// backward, against the same in double on the CPU.
#include "kernels/launch/compute.h"
#include "kernels/launch/pool.h"
#include "tensor/tape.h"
#include "tests/emulator/on_device.h"
#include "tests/scratch.h"
#include "tests/tensor/op_rows.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("device tensors: copies of every kind give the CPU's elements") {
  const Tensor x = drawn({3, 4, 5}, 1).to(DType::f32);
  const UseEmulator use;
  const Tensor there = x.on(Device::cuda);
  CHECK(there.device() == Device::cuda);
  CHECK(there.values() == x.values());
  CHECK(there.on(Device::cuda).address() == there.address());
  const auto turned = [](const Tensor& t) { return t.view({5, 3, 2}, {1, 20, 10}, 5); };  // strided, and beginning inside
  CHECK(turned(there).values() == turned(x).values());
  CHECK(turned(there).contiguous().device() == Device::cuda);
  CHECK(turned(there).clone().values() == turned(x).values());
  CHECK(there.to(DType::f64).device() == Device::cuda);
  CHECK(there.to(DType::f64).values() == x.values());
  Tensor here = Tensor::zeros({5, 3, 2}), back = Tensor::zeros({5, 3, 2}, DType::f64);
  here.copy_from(turned(there));
  back.copy_from(turned(there));
  CHECK(here.values() == turned(x).values());
  CHECK(back.values() == turned(x).values());
  Tensor target = Tensor::zeros({3, 4, 5}).on(Device::cuda);
  target.view({3, 4, 2}, {20, 5, 1}, 3).copy_from(x.view({3, 4, 2}, {20, 5, 1}, 0));  // from the CPU into a part of it
  Tensor wanted = Tensor::zeros({3, 4, 5});
  wanted.view({3, 4, 2}, {20, 5, 1}, 3).copy_from(x.view({3, 4, 2}, {20, 5, 1}, 0));
  CHECK(target.values() == wanted.values());
  target.fill(2.5);
  CHECK(target.values() == std::vector<double>(60, 2.5));
  const ComputeOn scope(Device::cuda);
  CHECK(Tensor::zeros({7}, DType::i64).values() == std::vector<double>(7, 0));
  CHECK(Tensor::full({2, 3}, 4).device() == Device::cuda);
  CHECK(Tensor::from(std::vector<float>{1, 2}, {2}).device() == Device::cuda);
  CHECK(Tensor::empty({0, 3}).values().empty());
}

TEST_CASE("device tensors: a value that lies elsewhere is not looked at") {
  const UseEmulator use;
  const Tensor x = Tensor::zeros({4}), there = x.on(Device::cuda);
  check_error(ErrorKind::internal, "lies on the device, but is used on the CPU", [&] { (void)there.data<float>(); });
  check_error(ErrorKind::internal, "lies on the device, but is used on the CPU", [&] { (void)there.span<float>(); });
  const ComputeOn scope(Device::cuda);
  CHECK_NOTHROW((void)there.data<float>());
  check_error(ErrorKind::internal, "lies on the CPU, but is used on the device", [&] { (void)x.data<float>(); });
  check_error(ErrorKind::internal, "lies on the device, but is used on the CPU", [&] { (void)there.span<float>(); });
  CHECK_NOTHROW((void)x.span<float>());
}

TEST_CASE("device tensors: freed memory is used again, and given back when it is asked for") {
  const UseEmulator use;
  const int64_t live = pool_account().live_bytes;
  const void* first = nullptr;
  {
    const Tensor a = Tensor::zeros({1000}).on(Device::cuda);
    first = a.address();
    CHECK(pool_account().live_bytes >= live + 4000);
  }
  CHECK(pool_account().live_bytes == live);
  CHECK(Tensor::zeros({990}).on(Device::cuda).address() == first);
  CHECK(pool_account().kept_bytes >= 4000);
  empty_pool();
  CHECK(pool_account().kept_bytes == 0);
}
