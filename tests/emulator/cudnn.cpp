// The rows "cudnn" against a library that only pretends (fake_cudnn.cpp): shapes, modes, refusals, and each call failing.
#include "kernels/launch/cudnn.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>

#include "kernels/batchnorm/batchnorm.h"
#include "kernels/convolution/convolution.h"
#include "kernels/pool/pool.h"
#include "kernels/softmax/softmax.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

const char* const fake = CEIR_BINARY_DIR "/tests/libfake_cudnn.so";

struct UseFake {
  explicit UseFake(const char* failing = "") {
    setenv("FAKE_CUDNN", failing, 1);
    use_cudnn_library(fake);
  }
  ~UseFake() {
    unsetenv("FAKE_CUDNN");
    use_cudnn_library(nullptr);
  }
};

int fake_objects() {
  void* handle = dlopen(fake, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(handle);
  const int* p = static_cast<const int*>(dlsym(handle, "fake_cudnn_objects"));
  REQUIRE(p);
  return *p;
}

template <class Args>
Variant<Args> row_of(const Table<Args>& table) {
  for (const auto& v : table.variants())
    if (std::string(v.name) == "cudnn") return v;
  FAIL("the table has no row of cuDNN's");
  return table.variants().back();
}
template <class Args>
Variant<Args> naive_of(const Table<Args>& table) {
  for (const auto& v : table.variants())
    if (std::string(v.name) == "cuda.v1") return v;
  FAIL("the table has no naive rung");
  return table.variants().back();
}
template <class Args>
std::string refusal(const Table<Args>& table, const Args& args) {
  const char* reason = row_of(table).lacks(args);
  return reason ? reason : "";
}

struct Rows {  // of a softmax, of gradients
  int64_t rows = 5, width = 33;
  OnDevice<float> x{to_float(drawn(5 * 33, 1))}, dy{to_float(drawn(5 * 33, 2))}, y{size_t{5 * 33}};
};

// What each row does on small arrays, with what came out: run by the cases of failing calls.
struct Call {
  const char* function;
  std::function<std::vector<float>()> run;
};
std::vector<Call> calls() {
  return {{"cudnnSoftmaxForward", [] {
             const Rows r;
             row_of(softmax_variants).run({.x = r.x, .y = r.y, .rows = r.rows, .width = r.width});
             return r.y.values();
           }},
          {"cudnnSoftmaxBackward", [] {
             const Rows r;
             row_of(softmax_backward_variants).run({.y = r.x, .dy = r.dy, .dx = r.y, .rows = r.rows, .width = r.width});
             return r.y.values();
           }},
          {"cudnnPoolingForward", [] {
             const Rows r;
             const OnDevice<float> y(size_t{5 * 11});
             row_of(avg_pool_variants).run({.x = r.x, .y = y, .geometry = {.planes = 5, .height = 3, .width = 11, .size = 3, .stride = 1, .padding = 0}});
             return y.values();
           }},
          {"cudnnConvolutionForward", [] {
             const Rows r;
             const OnDevice<float> y(std::vector<float>(2 * 9 * 3));
             row_of(convolution_variants).run({.x = r.x, .weight = r.dy, .y = y, .geometry = {.batch = 1, .channels = 3, .height = 5, .width = 11, .out = 2, .kernel_height = 3,
                                                                                              .kernel_width = 3, .stride = 1, .padding = 0}, .after = {.relu = true}});
             return y.values();
           }},
          {"cudnnBatchNormalizationBackward", [] {
             const Rows r;
             const OnDevice<float> mean(to_float(drawn(33, 3))), rstd(to_float(drawn(33, 4, 0.5, 2))), gain(to_float(drawn(33, 5))), dgain(size_t{33}), dbias(size_t{33});
             row_of(batchnorm_backward_variants).run({.x = r.x, .mean = mean, .rstd = rstd, .gain = gain, .dy = r.dy, .dx = r.y, .dgain = dgain, .dbias = dbias,
                                                      .n = 5, .channels = 33, .inner = 1, .training = true});
             return r.y.values();
           }}};
}

}  // namespace

TEST_CASE("cudnn: softmax and its logarithm, forward and backward, as the naive rung computes them") {
  const UseEmulator use;
  const UseFake library;
  for (const bool logarithm : {false, true}) {
    CAPTURE(logarithm);
    const Rows a, b;
    const auto forward = [&](const Rows& r) { return Softmax<float>{.x = r.x, .y = r.y, .rows = r.rows, .width = r.width, .logarithm = logarithm}; };
    REQUIRE(refusal(softmax_variants, forward(a)).empty());
    row_of(softmax_variants).run(forward(a));
    naive_of(softmax_variants).run(forward(b));
    auto want = b.y.values();
    check_close(a.y.values(), {want.begin(), want.end()}, 5, 8);
    const OnDevice<float> dx(want.size()), other(want.size());
    const auto backward = [&](const OnDevice<float>& to) {
      return SoftmaxBackward<float>{.y = b.y, .dy = b.dy, .dx = to, .rows = b.rows, .width = b.width, .logarithm = logarithm};
    };
    row_of(softmax_backward_variants).run(backward(dx));
    naive_of(softmax_backward_variants).run(backward(other));
    want = other.values();
    check_close(dx.values(), {want.begin(), want.end()}, 66, 8);  // norm: sum |dy|
  }
  CHECK(fake_objects() == 1);  // the handle
}

TEST_CASE("cudnn: pools with strides and padding, NaN and infinities, as the naive rung computes them") {
  const UseEmulator use;
  const UseFake library;
  for (const PoolGeometry& g : std::vector<PoolGeometry>{{3, 9, 7, 3, 2, 1}, {2, 8, 8, 2, 2, 0}, {1, 1, 1, 1, 1, 0}, {4, 6, 6, 6, 6, 0}}) {
    CAPTURE(g.height);
    Doubles values = drawn(g.planes * g.height * g.width, 7);
    const auto n = static_cast<size_t>(g.planes * g.out_height() * g.out_width());
    {
      const OnDevice<float> x(to_float(values)), y(n), other(n);
      if (g.padding == 0) {
        row_of(avg_pool_variants).run({.x = x, .y = y, .geometry = g});
        naive_of(avg_pool_variants).run({.x = x, .y = other, .geometry = g});
        const auto want = other.values();
        check_close(y.values(), {want.begin(), want.end()}, 2, double(g.size * g.size));
      }
    }
    if (values.size() > 20) values[3] = NAN, values[9] = INFINITY, values[11] = -INFINITY;
    const OnDevice<float> x(to_float(values)), y(n), other(n);
    row_of(max_pool_variants).run({.x = x, .y = y, .where = nullptr, .geometry = g});
    naive_of(max_pool_variants).run({.x = x, .y = other, .where = nullptr, .geometry = g});
    const auto want = other.values();
    check_close(y.values(), {want.begin(), want.end()}, 0, 0);
  }
  CHECK(fake_objects() == 1);
}

TEST_CASE("cudnn: the gradients of batch normalisation, with and without inner dimensions") {
  const UseEmulator use;
  const UseFake library;
  for (const int64_t inner : {1, 6}) {
    CAPTURE(inner);
    const int64_t n = 7, channels = 5, all = n * channels * inner;
    const OnDevice<float> x(to_float(drawn(all, 1))), dy(to_float(drawn(all, 2))), mean(to_float(drawn(channels, 3))), rstd(to_float(drawn(channels, 4, 0.5, 2))),
        gain(to_float(drawn(channels, 5)));
    const auto gradients = [&](const Variant<BatchNormBackward<float>>& row) {
      const OnDevice<float> dx(static_cast<size_t>(all)), dgain(static_cast<size_t>(channels)), dbias(static_cast<size_t>(channels));
      const BatchNormBackward<float> a{.x = x, .mean = mean, .rstd = rstd, .gain = gain, .dy = dy, .dx = dx, .dgain = dgain, .dbias = dbias,
                                       .n = n, .channels = channels, .inner = inner, .training = true};
      REQUIRE(row.lacks(a) == nullptr);
      row.run(a);
      auto v = dx.values();
      for (const auto& more : {dgain.values(), dbias.values()}) v.insert(v.end(), more.begin(), more.end());
      return v;
    };
    const auto want = gradients(naive_of(batchnorm_backward_variants));
    check_close(gradients(row_of(batchnorm_backward_variants)), {want.begin(), want.end()}, double(n * inner) * 32, 8);  // sums of |dy h|, |h| up to 8
  }
  CHECK(fake_objects() == 1);
}

TEST_CASE("cudnn: convolutions in both layouts, and what follows the sum, as the naive rung computes them") {
  const UseEmulator use;
  const UseFake library;
  for (ConvolutionGeometry g : std::vector<ConvolutionGeometry>{{2, 3, 7, 9, 5, 3, 3, 2, 1}, {1, 4, 6, 6, 3, 2, 3, 1, 0}, {2, 5, 4, 3, 6, 1, 1, 1, 0}})
    for (const bool last : {false, true})
      for (const bool follows : {false, true}) {
        g.x_channels_last = g.y_channels_last = last;
        INFO(g.kernel_height, " x ", g.kernel_width, ", channels last: ", last, ", more follows: ", follows);
        const int64_t outputs = g.batch * g.out * g.positions();
        const OnDevice<float> x(to_float(drawn(g.batch * g.channels * g.height * g.width, 1))), weight(to_float(drawn(g.out * g.terms(), 2))), channel(to_float(drawn(g.out, 3))),
            variance(to_float(drawn(g.out, 4, 0.5, 2))), residual(to_float(drawn(outputs, 5)));
        const auto run = [&](const Variant<ConvolutionForward<float>>& row) {
          const OnDevice<float> y(std::vector<float>(static_cast<size_t>(outputs)));  // the emulator does not see the library write
          ConvolutionForward<float> a{.x = x, .weight = weight, .y = y, .geometry = g};
          if (follows) a.after = {.mean = channel, .variance = variance, .gain = channel, .eps = 1e-5, .shift = channel, .residual = residual, .relu = true};
          REQUIRE(row.lacks(a) == nullptr);
          row.run(a);
          return y.values();
        };
        const auto want = run(naive_of(convolution_variants));
        check_close(run(row_of(convolution_variants)), {want.begin(), want.end()}, 16 * static_cast<double>(g.terms()) + 4, 4);
      }
  CHECK(fake_objects() == 1);
}

TEST_CASE("cudnn: what it cannot do is said") {
  const UseEmulator use;
  const Rows r;
  const Softmax<float> softmax{.x = r.x, .y = r.y, .rows = r.rows, .width = r.width};
  {
    const UseFake library;
    CHECK(refusal(softmax_variants, {.x = r.x, .y = r.y, .rows = r.rows, .width = r.width, .causal_period = 5}) == "cuDNN's softmax has no causal rows");
    CHECK(refusal(softmax_variants, {.x = r.x, .y = r.y, .rows = int64_t{1} << 31, .width = 1}) == "cuDNN counts from 1 to 2^31 - 1");
    CHECK(refusal(softmax_variants, {.x = r.x, .y = r.y, .rows = 0, .width = 1}) == "cuDNN counts from 1 to 2^31 - 1");
    const OnDevice<int64_t> where(size_t{1});
    CHECK(refusal(max_pool_variants, {.x = r.x, .y = r.y, .where = where, .geometry = {1, 1, 1, 1, 1, 0}}) == "cuDNN does not say where the maximum is");
    BatchNormBackward<float> g{.x = r.x, .mean = r.x, .rstd = r.x, .gain = r.x, .dy = r.dy, .dx = r.y, .dgain = r.y, .dbias = r.y, .n = 5, .channels = 33, .inner = 1, .training = false};
    CHECK(refusal(batchnorm_backward_variants, g) == "cuDNN's gradients are those of training");
    g.training = true, g.dx = r.dy;
    CHECK(refusal(batchnorm_backward_variants, g) == "cuDNN writes dx, and not over dy");
    CHECK(refusal(softmax_variants, softmax).empty());
    const ConvolutionForward<float> mixed{.x = r.x, .weight = r.dy, .y = r.y, .geometry = {1, 1, 3, 3, 1, 3, 3, 1, 0, false, true}};
    CHECK(refusal(convolution_variants, mixed) == "cuDNN wants x and y in one layout");
    // Never chosen unless asked for by name.
    CHECK(std::string(softmax_variants.choose(softmax, Device::cuda).name).starts_with("cuda."));
    const KernelChoice choice("softmax", "cudnn");
    CHECK(std::string(softmax_variants.choose(softmax, Device::cuda).name) == "cudnn");
  }
  CHECK(refusal(softmax_variants, softmax) == "cuDNN runs only on a GPU");
  use_cudnn_library("libno_such_cudnn.so");
  CHECK(refusal(softmax_variants, softmax) == "cuDNN is not installed (libcudnn.so.9 cannot be opened)");
  use_cudnn_library("libm.so.6");
  CHECK(refusal(softmax_variants, softmax).find("lacks functions") != std::string::npos);
  use_cudnn_library(nullptr);
  use_no_runtime();
  CHECK(refusal(softmax_variants, softmax) == "no device is in use");
}

TEST_CASE("cudnn: each of its calls fails once: an Error with its words, nothing leaked, and the next call is right") {
  const UseEmulator use;
  for (const Call& call : calls()) {
    const UseFake first;
    const auto want = call.run();
    std::vector<std::string> failing{"no memory", "cudnnCreate", "cudnnSetStream", "cudnnCreateTensorDescriptor", "cudnnSetTensor4dDescriptor", call.function};
    if (std::string(call.function) == "cudnnConvolutionForward")
      failing.insert(failing.end(), {"cudnnCreateFilterDescriptor", "cudnnSetFilter4dDescriptor", "cudnnCreateConvolutionDescriptor", "cudnnSetConvolution2dDescriptor",
                                     "cudnnSetConvolutionMathType", "cudnnGetConvolutionForwardWorkspaceSize"});
    if (std::string(call.function) == "cudnnPoolingForward") failing.insert(failing.end(), {"cudnnCreatePoolingDescriptor", "cudnnSetPooling2dDescriptor"});
    for (const std::string& name : failing) {
      INFO(call.function, " while ", name, " fails");
      const UseFake library(name.c_str());
      try {
        call.run();
        FAIL("nothing was thrown");
      } catch (const Error& e) {
        CHECK(e.kind() == (name == "no memory" ? ErrorKind::resource : ErrorKind::internal));
        CHECK(std::string(e.what()).find("cuDNN: cudnn") == 0);
        CHECK(std::string(e.what()).find(name == "no memory" ? "ALLOCATION_FAILED (status 4003)" : "EXECUTION_FAILED (status 5000)") != std::string::npos);
      }
      setenv("FAKE_CUDNN", "", 1);
      CHECK(same_bits<float>({call.run()}, {want}));
      CHECK(fake_objects() == 1);
    }
  }
}
