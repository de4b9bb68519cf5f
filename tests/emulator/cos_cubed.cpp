// The ladder of the cos-cubed similarity.
#include "kernels/cos_cubed/cos_cubed.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Matrices {
  int64_t rows, columns;
  size_t size, width;
  Doubles q, p, ds, s, mean_q, mean_p, norm_q, norm_p, dq, sums;

  // Columns that follow each other to some degree, around `offset`.
  Matrices(int64_t n, int64_t k, double offset, double scale) : rows(n), columns(k), size(static_cast<size_t>(n * k)), width(static_cast<size_t>(k)) {
    p = drawn(n * k, 1, -scale, scale), q = drawn(n * k, 2, -scale, scale), ds = drawn(k, 3);
    for (size_t i = 0; i < size; i++) {
      q[i] = static_cast<double>(static_cast<float>(offset + 0.5 * q[i] + p[i]));
      p[i] = static_cast<double>(static_cast<float>(offset + p[i]));
    }
    s.resize(width), mean_q.resize(width), mean_p.resize(width), norm_q.resize(width), norm_p.resize(width), dq.resize(size);
    sums.resize(static_cast<size_t>(scratch()));
    cos_cubed_f64_variants.variants().back().run({q.data(), p.data(), rows, columns, s.data(), mean_q.data(), mean_p.data(), norm_q.data(), norm_p.data(), sums.data()});
  }
  int64_t scratch() const { return columns * 3 * ((rows + cos_cubed_block - 1) / cos_cubed_block + 1); }
  void differentiate() {
    cos_cubed_backward_f64_variants.variants().back().run({q.data(), p.data(), rows, columns, s.data(), ds.data(), mean_q.data(), mean_p.data(),
                                                           norm_q.data(), norm_p.data(), dq.data(), sums.data()});
  }
};

std::vector<float> joined(std::initializer_list<std::vector<float>> parts) {
  std::vector<float> all;
  for (const auto& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

}  // namespace

TEST_CASE("cos_cubed: every rung gives the reference's similarities and gradients") {
  for (const auto& [n, k] : {std::pair<int64_t, int64_t>{2, 1}, {31, 3}, {32, 32}, {33, 33}, {255, 2}, {256, 5}, {257, 31}, {1000, 4}})
    for (const auto& [offset, scale] : {std::pair{0.0, 0.3}, {0.25, 0.03}, {0.0, 1e-4}, {0.0, 1e5}}) {
      Matrices m(n, k, offset, scale);
      m.differentiate();
      const auto& forward = rungs_of(cos_cubed_variants);
      const auto& backward = rungs_of(cos_cubed_backward_variants);
      REQUIRE(forward.size() >= backward.size());
      for (size_t v = 0; v < forward.size(); v++) {
        INFO(std::string(forward[v].name), " ", n, " x ", k, ", values around ", offset, " by ", scale);
        in_schedules(n == 257 && scale == 0.03, [&] {
          const OnDevice<float> q(to_float(m.q)), p(to_float(m.p)), ds(to_float(m.ds)), s(m.width), mean_q(m.width), mean_p(m.width), dq(m.size), dp(m.size);
          const OnDevice<double> norm_q(m.width), norm_p(m.width), sums(static_cast<size_t>(m.scratch()));
          forward[v].run({q, p, n, k, s, mean_q, mean_p, norm_q, norm_p, sums});
          const auto similarity = s.values(), of_q = mean_q.values();
          if (v >= backward.size()) return joined({similarity, of_q});
          backward[v].run({q, p, n, k, s, ds, mean_q, mean_p, norm_q, norm_p, dq, sums});
          return joined({similarity, of_q, dq.values()});
        }, [&](const std::vector<float>& got) {
          const auto at = got.begin();
          // The centred values lose offset / scale of their digits, and a cube three times that.
          const double lost = 3 * (1 + offset / scale);
          check_close({at, at + k}, m.s, lost, 8);
          check_close({at + k, at + 2 * k}, m.mean_q, offset + scale, 4);
          if (v < backward.size()) check_close({at + 2 * k, got.end()}, m.dq, largest(m.dq, 4 / (scale * static_cast<double>(n))) * lost, 16);  // of two rows it is 0
        });
      }
    }
}

TEST_CASE("cos_cubed: a constant column and one with a NaN are not a number, the others are left alone") {
  Matrices m(300, 4, 0.25, 0.03);
  for (size_t i = 0; i < m.size; i += 4) m.p[i] = static_cast<double>(0.1f);
  m.q[5] = NAN;
  for (const auto& rung : rungs_of(cos_cubed_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    const OnDevice<float> q(to_float(m.q)), p(to_float(m.p)), s(4), mean_q(4), mean_p(4);
    const OnDevice<double> norm_q(4), norm_p(4), sums(static_cast<size_t>(m.scratch()));
    rung.run({q, p, 300, 4, s, mean_q, mean_p, norm_q, norm_p, sums});
    const auto got = s.values();
    CHECK(std::isnan(got[0]));
    CHECK(std::isnan(got[1]));
    CHECK(std::abs(static_cast<double>(got[2]) - m.s[2]) < 1e-4);
    CHECK(std::abs(static_cast<double>(got[3]) - m.s[3]) < 1e-4);
  }
}

TEST_CASE("cos_cubed_step: every rung gives the similarities and gradients of forward and backward") {
  for (const auto& [n, k] : {std::pair<int64_t, int64_t>{2, 1}, {31, 3}, {32, 32}, {33, 33}, {257, 31}, {1000, 4}})
    for (const auto& [offset, scale] : {std::pair{0.0, 0.3}, {0.25, 0.03}, {0.0, 1e-4}, {0.0, 1e5}}) {
      Matrices m(n, k, offset, scale);
      cos_cubed_step_f64_variants.variants().back().run({m.q.data(), m.p.data(), n, k, -0.5, m.s.data(), m.dq.data()});
      for (const auto& rung : rungs_of(cos_cubed_step_variants)) {
        INFO(std::string(rung.name), " ", n, " x ", k, ", values around ", offset, " by ", scale);
        in_schedules(n == 257 && scale == 0.03, [&] {
          const OnDevice<float> q(to_float(m.q)), p(to_float(m.p)), s(m.width), dq(m.size);
          rung.run({q, p, n, k, -0.5f, s, dq});
          return joined({s.values(), dq.values()});
        }, [&](const std::vector<float>& got) {
          const double lost = 3 * (1 + offset / scale);
          check_close({got.begin(), got.begin() + k}, m.s, lost, 8);
          check_close({got.begin() + k, got.end()}, m.dq, largest(m.dq, 2 / (scale * static_cast<double>(n))) * lost, 16);
        });
      }
    }
}

TEST_CASE("cos_cubed_step: the reference is forward and backward, to the bit") {
  Matrices m(300, 5, 0.25, 0.03);
  const Doubles s = m.s;
  std::fill(m.ds.begin(), m.ds.end(), -0.2);
  m.differentiate();
  Doubles similarity(m.width), dq(m.size);
  cos_cubed_step_f64_variants.variants().back().run({m.q.data(), m.p.data(), 300, 5, -0.2, similarity.data(), dq.data()});
  CHECK(similarity == s);
  CHECK(dq == m.dq);
}
