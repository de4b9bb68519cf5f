#include "kernels/cos_cubed/cos_cubed.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"

using namespace ceir;

namespace {

template <class T> struct Problem {
  int64_t rows, columns, blocks;
  std::vector<T> q, p, s, mq, mp, ds, dq;
  std::vector<double> nq, np, sums;
  Problem(int64_t n, int64_t k, double offset) : rows(n), columns(k), blocks((n + cos_cubed_block - 1) / cos_cubed_block) {
    Random random(5, "cos_cubed", static_cast<uint64_t>(n * 1000 + k));
    const auto size = static_cast<size_t>(n * k), width = static_cast<size_t>(k);
    for (size_t i = 0; i < size; i++) {
      p.push_back(static_cast<T>(offset + 0.03 * random.normal()));
      q.push_back(static_cast<T>(10 * (static_cast<double>(p.back()) - offset) + random.normal()));
    }
    for (size_t i = 0; i < width; i++) ds.push_back(static_cast<T>(random.normal()));
    s.resize(width), mq.resize(width), mp.resize(width), nq.resize(width), np.resize(width), dq.resize(size);
    sums.resize(static_cast<size_t>(3 * blocks * k + 3 * k));
  }
  CosCubed<T> forward() {
    return {q.data(), p.data(), rows, columns, s.data(), mq.data(), mp.data(), nq.data(), np.data(), sums.data()};
  }
  CosCubedBackward<T> backward() {
    return {q.data(), p.data(), rows, columns, s.data(), ds.data(), mq.data(), mp.data(), nq.data(), np.data(), dq.data(), sums.data()};
  }
};

// The formula, one column at a time, in long double.
long double similarity(const std::vector<double>& q, const std::vector<double>& p) {
  const auto n = static_cast<long double>(q.size());
  long double mq = 0, mp = 0, qq = 0, pp = 0, qp = 0;
  for (size_t i = 0; i < q.size(); i++) mq += q[i] / n, mp += p[i] / n;
  for (size_t i = 0; i < q.size(); i++) {
    const long double a = std::pow(q[i] - mq, 3.0L), b = std::pow(p[i] - mp, 3.0L);
    qq += a * a, pp += b * b, qp += a * b;
  }
  return qp / std::sqrt(qq * pp);
}

template <class T> void check_variants(const Table<CosCubed<T>>& forward, const Table<CosCubedBackward<T>>& backward) {
  for (const auto& [n, k] : {std::pair<int64_t, int64_t>{2, 1}, {255, 31}, {256, 32}, {257, 33}, {1000, 5}, {700, 143}}) {
    Problem<T> expected(n, k, 0.25);
    forward.variants().back().run(expected.forward());
    backward.variants().back().run(expected.backward());
    for (size_t v = 0; v < forward.variants().size(); v++) {
      Problem<T> x(n, k, 0.25);
      if (forward.variants()[v].lacks(x.forward())) continue;
      forward.variants()[v].run(x.forward());
      backward.variants()[v].run(x.backward());
      CAPTURE(forward.variants()[v].name);
      CHECK(x.s == expected.s);
      CHECK(x.dq == expected.dq);
    }
  }
}

}  // namespace

TEST_CASE("cos_cubed: the reference agrees with the formula, also on cosines around a large mean") {
  for (const double offset : {0.0, 0.25, 10.0}) {
    Problem<double> x(300, 4, offset);
    cos_cubed_f64_variants.variants().back().run(x.forward());
    Problem<float> y(300, 4, offset);
    cos_cubed_variants.variants().back().run(y.forward());
    for (size_t k = 0; k < 4; k++) {
      std::vector<double> q, p, qf, pf;
      for (size_t i = k; i < x.q.size(); i += 4) q.push_back(x.q[i]), p.push_back(x.p[i]);
      for (size_t i = k; i < y.q.size(); i += 4) qf.push_back(y.q[i]), pf.push_back(y.p[i]);
      CHECK(x.s[k] == doctest::Approx(static_cast<double>(similarity(q, p))).epsilon(1e-11));
      CHECK(y.s[k] == doctest::Approx(static_cast<double>(similarity(qf, pf))).epsilon(1e-4));
    }
  }
}

TEST_CASE("cos_cubed: the gradient is the difference quotient") {
  Problem<double> x(40, 3, 0.25);
  const auto loss = [&] {
    cos_cubed_f64_variants.variants().back().run(x.forward());
    double sum = 0;
    for (size_t k = 0; k < 3; k++) sum += x.s[k] * x.ds[k];
    return sum;
  };
  loss();
  cos_cubed_backward_f64_variants.variants().back().run(x.backward());
  const std::vector<double> analytic = x.dq;
  for (size_t i = 0; i < x.q.size(); i++) {
    const double before = x.q[i], h = 1e-5;
    x.q[i] = before + h;
    const double up = loss();
    x.q[i] = before - h;
    const double down = loss();
    x.q[i] = before;
    CHECK(analytic[i] == doctest::Approx((up - down) / (2 * h)).epsilon(1e-6).scale(0.01));
  }
}

TEST_CASE("cos_cubed: every variant gives the reference's bits") {
  check_variants(cos_cubed_variants, cos_cubed_backward_variants);
  check_variants(cos_cubed_f64_variants, cos_cubed_backward_f64_variants);
}

TEST_CASE("cos_cubed: a constant column is NaN, the others are not") {
  Problem<float> x(50, 2, 0.25);
  for (size_t i = 0; i < x.p.size(); i += 2) x.p[i] = 0.5f;
  cos_cubed_variants(x.forward());
  CHECK(std::isnan(x.s[0]));
  CHECK(std::isfinite(x.s[1]));
}

TEST_CASE("cos_cubed: one thread and two give the same bits") {
  const int before = thread_count();
  Problem<float> one(3000, 17, 0.25), two(3000, 17, 0.25);
  set_thread_count(1);
  cos_cubed_variants(one.forward());
  cos_cubed_backward_variants(one.backward());
  set_thread_count(2);
  cos_cubed_variants(two.forward());
  cos_cubed_backward_variants(two.backward());
  set_thread_count(before);
  CHECK(one.s == two.s);
  CHECK(one.dq == two.dq);
}
