// Tensors that lie on a device, and every differentiable operation there: the rows of the gradient checks, forward and
// backward, against the same in double on the CPU.
#include "kernels/launch/compute.h"
#include "kernels/launch/failing.h"
#include "kernels/launch/pool.h"
#include "tensor/tape.h"
#include "tests/emulator/on_device.h"
#include "tests/scratch.h"
#include "tests/tensor/op_rows.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// What a row gives in `dtype` on `device`: its result, then the gradients of all inputs.
std::vector<Tensor> results_of(const OpRow& row, DType dtype, Device device) {
  std::vector<Tensor> inputs;
  for (const Tensor& x : row.inputs) inputs.push_back(x.to(DType::f32).to(dtype).on(device));  // the same numbers in both types
  const ComputeOn scope(device);
  for (Tensor& x : inputs) x.track();
  Tape tape;
  const Tensor y = row.function(inputs);
  std::vector<Tensor> results{y.on(Device::cpu)};
  tape.backward(y, beside(drawn(y.shape(), 77), y));
  for (const Tensor& x : inputs) results.push_back(tape.gradient(x).on(Device::cpu));
  return results;
}

}  // namespace

TEST_CASE("operations: every row of the gradient checks gives on a device what it gives in double on the CPU") {
  for (const OpRow& row : all_op_rows()) {
    INFO(row.operation, " ", row.what);
    const std::vector<Tensor> want = results_of(row, DType::f64, Device::cpu);
    const UseEmulator use;
    const std::vector<Tensor> got = results_of(row, DType::f32, Device::cuda);
    REQUIRE(got.size() == want.size());
    for (size_t i = 0; i < want.size(); i++) {
      CAPTURE(i);
      REQUIRE(got[i].shape() == want[i].shape());
      const std::vector<double> g = got[i].values(), w = want[i].values();
      double largest = 1, worst = 0;
      for (const double v : w) largest = std::max(largest, std::abs(v));
      for (size_t k = 0; k < w.size(); k++)
        if (const double e = std::abs(g[k] - w[k]); !(e <= worst)) worst = e;
      // The conditioning of a row stands in what the CPU's f32 loses on it.
      const std::vector<double> f = results_of(row, DType::f32, Device::cpu)[i].values();
      double lost = 0;
      for (size_t k = 0; k < w.size(); k++) lost = std::max(lost, std::abs(f[k] - w[k]));
      CAPTURE(worst);
      CHECK(worst <= 16 * 0x1p-23 * largest + 4 * lost);
    }
  }
}

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

TEST_CASE("device tensors: whichever call fails, an Error says so, nothing leaks, and the next try is right") {
  const Tensor x = drawn({6, 8}, 1).to(DType::f32), weight = drawn({5, 8}, 2).to(DType::f32), gain = drawn({5}, 3).to(DType::f32);
  const auto work = [&] {
    const ComputeOn scope(Device::cuda);
    Tensor w = weight.on(Device::cuda);
    w.track();
    Tape tape;
    const Tensor g = gain.on(Device::cuda), y = layernorm(linear(x.on(Device::cuda), w, {}), g, g, 1e-5);
    tape.backward(y, Tensor::full(y.shape(), 0.5));
    return tape.gradient(w).values();
  };
  const auto cleanly = [&] {
    const UseEmulator use;
    return work();
  };
  const std::vector<double> want = cleanly();
  const int64_t live = pool_account().live_bytes;
  int64_t calls = 1;
  int failed = 0;
  for (int64_t call = 0; call < calls; call++) {
    CAPTURE(call);
    const UseEmulator use;
    empty_pool();  // so that memory has to be asked for
    use_runtime(failing_runtime(*emulator_runtime(), {}));
    const int64_t before = failing_runtime_calls();  // of choosing it
    if (call == 0) {
      CHECK(work() == want);
      calls = failing_runtime_calls() - before;
      empty_pool();
    }
    use_runtime(failing_runtime(*emulator_runtime(), {.call = before + call, .code = 719}));
    try {
      const std::vector<double> got = work();
      CHECK(got == want);  // memory that was refused was found on a second try
    } catch (const Error& e) {
      failed++;
      CAPTURE(std::string(e.what()));
      CHECK(std::string(e.what()).find("a failure on purpose") != std::string::npos);
    }
    CHECK(pool_account().live_bytes == live);
    use_runtime(failing_runtime(*emulator_runtime(), {}));
    CHECK(work() == want);
    empty_pool();
  }
  CHECK(failed >= calls / 2);
  CHECK(cleanly() == want);
}
