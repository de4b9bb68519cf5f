#include "tensor/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/random.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// A fixed tensor with entries in [0.5, 1.5] and random signs: no element of the output is weighed lightly.
Tensor contraction(const Shape& shape) {
  Tensor v = Tensor::empty(shape, DType::f64);
  Random random(7, "gradcheck");
  for (double& x : v.span<double>()) x = (random.chance(0.5) ? 1 : -1) * random.uniform(0.5, 1.5);
  return v;
}

double contract(const Tensor& y, const Tensor& v) {
  const auto a = y.values(), b = v.values();
  double sum = 0, lost = 0;  // Kahan: rounding of the sum would be divided by the step
  for (size_t i = 0; i < a.size(); i++) {
    const double term = a[i] * b[i] - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  return sum;
}

}  // namespace

GradCheck check_gradients(const Function& f, const std::vector<Tensor>& inputs, double step, int64_t at_most) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs) {
    if (x.dtype() != DType::f64) fail(ErrorKind::internal, std::string("check_gradients: inputs must be f64"));
    leaves.push_back(x.clone());
    leaves.back().track();
  }
  Tensor v;
  std::vector<Tensor> analytic;
  {
    Tape tape;
    const Tensor y = f(leaves);
    v = contraction(y.shape());
    tape.backward(y, v);
    for (const Tensor& x : leaves) analytic.push_back(tape.gradient(x));
  }
  NoTape none;
  GradCheck result{0, "none"};
  for (size_t k = 0; k < leaves.size(); k++) {
    auto x = leaves[k].span<double>();
    const int64_t n = static_cast<int64_t>(x.size()), stride = at_most > 0 ? std::max<int64_t>(1, n / at_most) : 1;
    const std::vector<double> g = analytic[k].defined() ? analytic[k].values() : std::vector<double>(x.size(), 0.0);
    double largest = 0.01, worst = 0;
    std::string where;
    for (int64_t i = 0; i < n; i += stride) {
      double& xi = x[static_cast<size_t>(i)];
      const double before = xi, h = step * std::max(1.0, std::abs(before));
      const auto quotient = [&](double d) {
        xi = before + d;
        const double up = contract(f(leaves), v), above = xi;
        xi = before - d;
        const double down = contract(f(leaves), v), width = above - xi;
        xi = before;
        return (up - down) / width;
      };
      const double numeric = (4 * quotient(h / 2) - quotient(h)) / 3;
      largest = std::max(largest, std::abs(numeric));
      const double error = std::abs(numeric - g[static_cast<size_t>(i)]);
      if (!(error <= worst)) {
        worst = error;
        where = fmt::format("input {}, element {}: tape {:.12g}, differences {:.12g}", k, i, g[static_cast<size_t>(i)], numeric);
      }
    }
    if (!(worst / largest <= result.error)) result = {worst / largest, where};
  }
  return result;
}

}  // namespace ceir
