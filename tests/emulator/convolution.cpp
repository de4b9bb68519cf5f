// The ladders of kernels/convolution against the plain loops in double; and the CPU's products against them too.
#include "kernels/convolution/convolution.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// batch, channels, height, width; out, window, stride, padding; layouts of x and y.
const std::vector<ConvolutionGeometry> geometries = {
    {2, 3, 16, 24, 33, 8, 8, 8, 0, false, true},   // patches, their lines in fours
    {1, 3, 15, 20, 9, 5, 5, 5, 0, false, true},    // patches that are not
    {1, 3, 13, 11, 32, 3, 3, 2, 1, true, true},    // a stem
    {1, 3, 17, 15, 7, 7, 7, 2, 3, true, true},
    {2, 8, 5, 7, 65, 3, 3, 1, 1, true, true},      // channels in fours
    {1, 31, 3, 3, 1, 3, 3, 1, 1, true, true},
    {3, 20, 4, 5, 66, 1, 1, 1, 0, true, true},     // pixels
    {1, 32, 6, 5, 5, 1, 1, 2, 0, true, true},      // every second pixel
    {2, 2, 5, 6, 3, 3, 2, 2, 1, false, false},     // the operation's own layout, windows that are not square
    {1, 1, 1, 1, 1, 1, 1, 1, 0, false, false},
    {1, 2, 7, 9, 3, 2, 3, 4, 1, false, true},      // elements that no window sees
    {1, 1, 1, 70, 2, 1, 4, 3, 0, true, false},
};

struct Example {
  ConvolutionGeometry g;
  Doubles x, weight, dy, channel, variance, residual;
  int64_t outputs() const { return g.batch * g.out * g.positions(); }
};

Example example_of(const ConvolutionGeometry& g) {
  Example p{g, drawn(g.batch * g.channels * g.height * g.width, 1), drawn(g.out * g.terms(), 2), {}, drawn(g.out, 4), drawn(g.out, 5, 0.5, 3), {}};
  p.dy = drawn(p.outputs(), 3), p.residual = drawn(p.outputs(), 6);
  return p;
}

// What follows the sum, seen three ways.
enum class Follows { sums, shifted, normalised };
template <class T>
AfterConvolution<T> after_of(Follows kind, const T* channel, const T* variance, const T* residual) {
  if (kind == Follows::sums) return {};
  if (kind == Follows::shifted) return {.shift = channel};
  return {.mean = channel, .variance = variance, .gain = channel, .eps = 1e-5, .shift = channel, .residual = residual, .relu = true};
}

Doubles reference(const Example& p, Follows kind) {
  Doubles y(static_cast<size_t>(p.outputs()));
  convolution_f64_variants.variants().back().run({p.x.data(), p.weight.data(), y.data(), p.g, after_of(kind, p.channel.data(), p.variance.data(), p.residual.data())});
  return y;
}

// A term is at most 4; what follows multiplies by at most 2 / sqrt(.5).
double norm_of(const Example& p) { return 4 * (4 * std::sqrt(static_cast<double>(p.g.terms())) + 4); }

double digits_of(const std::string& rung) { return rung.ends_with(".bf16") ? 0x1p-8 : rung.ends_with(".tf32") ? 0x1p-10 : 0x1p-23; }

}  // namespace

TEST_CASE("convolution: every rung, for every geometry, and what follows the sum") {
  for (size_t i = 0; i < geometries.size(); i++) {
    const Example p = example_of(geometries[i]);
    for (const Follows kind : {Follows::sums, Follows::shifted, Follows::normalised}) {
      const Doubles want = reference(p, kind);
      for (const auto& rung : rungs_of(convolution_variants)) {
        INFO(std::string(rung.name), ", geometry ", i, ", what follows ", static_cast<int>(kind));
        in_schedules(kind == Follows::normalised, [&] {
          const OnDevice<float> x(to_float(p.x)), weight(to_float(p.weight)), channel(to_float(p.channel)), variance(to_float(p.variance)),
              residual(to_float(p.residual)), y(want.size());
          const ConvolutionForward<float> a{x, weight, y, p.g, after_of<float>(kind, channel, variance, residual)};
          if (rung.lacks(a)) {
            CHECK(std::string(rung.name) == "cuda.v6");
            return std::vector<float>();
          }
          rung.run(a);
          return y.values();
        }, [&](const std::vector<float>& got) {
          if (!got.empty()) check_close(got, want, norm_of(p), 8, digits_of(rung.name));
        });
      }
    }
  }
}

TEST_CASE("convolution: rungs that add in one order have the same bits, wherever the operands lie") {
  for (const ConvolutionGeometry& g : geometries) {
    const Example p = example_of(g);
    std::vector<float> first;
    for (const auto& rung : rungs_of(convolution_variants)) {
      const std::string name = rung.name;
      if (name.find(".v5") != std::string::npos || name == "cuda.v6") continue;
      for (const int shifted : {0, 1}) {  // by one float: no vectors
        CAPTURE(name);
        const UseEmulator use;
        std::vector<float> xs = to_float(p.x), weights = to_float(p.weight);
        if (shifted) xs.insert(xs.begin(), 0.0f), weights.insert(weights.begin(), 0.0f);
        const OnDevice<float> x(xs), weight(weights), y(static_cast<size_t>(p.outputs()));
        rung.run({x + shifted, weight + shifted, y, g});
        if (first.empty()) first = y.values();
        CHECK(same_bits<float>({first}, {y.values()}));
      }
    }
  }
}

TEST_CASE("convolution: values beyond all bounds stay where their windows are, and a NaN stays one") {
  Example p = example_of(geometries[4]);
  p.x[3] = NAN, p.x[40] = INFINITY, p.x[100] = 1e15;
  const Doubles want = reference(p, Follows::normalised);
  for (const auto& rung : rungs_of(convolution_variants)) {
    if (std::string(rung.name) == "cuda.v6") continue;
    if (std::string(rung.name) == "cuda.v5.3xtf32") continue;  // an infinity times the two parts of a factor, of different signs, is NaN
    CAPTURE(std::string(rung.name));
    const UseEmulator use;
    const OnDevice<float> x(to_float(p.x)), weight(to_float(p.weight)), channel(to_float(p.channel)), variance(to_float(p.variance)),
        residual(to_float(p.residual)), y(want.size());
    rung.run({x, weight, y, p.g, after_of<float>(Follows::normalised, channel, variance, residual)});
    check_close(y.values(), want, 1e15 * norm_of(p), 8, digits_of(rung.name));
    for (size_t i = 0; i < want.size(); i++) CHECK(std::isnan(static_cast<double>(y.values()[i])) == std::isnan(want[i]));
  }
}

TEST_CASE("convolution_dx: every rung") {
  for (size_t i = 0; i < geometries.size(); i++) {
    const Example p = example_of(geometries[i]);
    Doubles want(p.x.size());
    convolution_dx_f64_variants.variants().back().run({p.weight.data(), p.dy.data(), want.data(), p.g});
    for (const auto& rung : rungs_of(convolution_dx_variants)) {
      INFO(std::string(rung.name), ", geometry ", i);
      in_schedules(true, [&] {
        const OnDevice<float> weight(to_float(p.weight)), dy(to_float(p.dy)), dx(want.size());
        rung.run({weight, dy, dx, p.g});
        return dx.values();
      }, [&](const std::vector<float>& got) {
        check_close(got, want, 4 * std::sqrt(static_cast<double>(p.g.out * p.g.kernel_height * p.g.kernel_width)), 8);
      });
    }
  }
}

TEST_CASE("convolution_dw: every rung") {
  for (size_t i = 0; i < geometries.size(); i++) {
    const Example p = example_of(geometries[i]);
    Doubles want(p.weight.size());
    convolution_dw_f64_variants.variants().back().run({p.x.data(), p.dy.data(), want.data(), p.g});
    for (const auto& rung : rungs_of(convolution_dw_variants)) {
      INFO(std::string(rung.name), ", geometry ", i);
      in_schedules(true, [&] {
        const OnDevice<float> x(to_float(p.x)), dy(to_float(p.dy)), dweight(want.size());
        rung.run({x, dy, dweight, p.g});
        return dweight.values();
      }, [&](const std::vector<float>& got) { check_close(got, want, 4 * std::sqrt(static_cast<double>(p.g.batch * p.g.positions())), 8); });
    }
  }
}

TEST_CASE("convolution on the CPU: bands and products against the plain loops, in float and double") {
  for (size_t i = 0; i < geometries.size(); i++) {
    INFO("geometry ", i);
    const Example p = example_of(geometries[i]);
    const double norm = norm_of(p);
    for (const Follows kind : {Follows::sums, Follows::shifted, Follows::normalised}) {
      const Doubles want = reference(p, kind);
      std::vector<float> y(want.size());
      const std::vector<float> x = to_float(p.x), weight = to_float(p.weight), channel = to_float(p.channel), variance = to_float(p.variance), residual = to_float(p.residual);
      for (const auto& v : convolution_variants.variants()) {
        const ConvolutionForward<float> a{x.data(), weight.data(), y.data(), p.g, after_of<float>(kind, channel.data(), variance.data(), residual.data())};
        if (v.device != Device::cpu || v.lacks(a)) continue;
        v.run(a);
        check_close(y, want, norm, 8);
      }
      Doubles again(want.size());
      run(ConvolutionForward<double>{p.x.data(), p.weight.data(), again.data(), p.g, after_of(kind, p.channel.data(), p.variance.data(), p.residual.data())});
      for (size_t k = 0; k < want.size(); k++) CHECK(std::abs(again[k] - want[k]) <= 8 * 0x1p-52 * norm);
    }
    Doubles dx(p.x.size()), plain_dx(p.x.size()), dw(p.weight.size()), plain_dw(p.weight.size());
    run(ConvolutionBackwardInput<double>{p.weight.data(), p.dy.data(), dx.data(), p.g});
    convolution_dx_f64_variants.variants().back().run({p.weight.data(), p.dy.data(), plain_dx.data(), p.g});
    run(ConvolutionBackwardWeight<double>{p.x.data(), p.dy.data(), dw.data(), p.g});
    convolution_dw_f64_variants.variants().back().run({p.x.data(), p.dy.data(), plain_dw.data(), p.g});
    for (size_t k = 0; k < dx.size(); k++) CHECK(std::abs(dx[k] - plain_dx[k]) <= 0x1p-44);
    for (size_t k = 0; k < dw.size(); k++) CHECK(std::abs(dw[k] - plain_dw[k]) <= 0x1p-44);
  }
}
