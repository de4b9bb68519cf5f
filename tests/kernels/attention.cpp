// Every attention, forward and backward, against the plain one in double; q, k and v are slices of one tensor as in a model.
#include "kernels/attention/attention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/attention/attention_ref.h"
#include "kernels/base/random.h"
#include "kernels/base/threads.h"

using namespace ceir;

namespace {

struct Case {
  int64_t batch, heads, queries, keys, size;
  bool causal, mask;
};

// Results of one variant: o, logsumexp, dq, dk, dv.
template <class T>
using Results = std::vector<std::vector<T>>;

template <class T>
const Table<Attention<T>>& forward() {
  if constexpr (std::is_same_v<T, float>) return attention_variants;
  else return attention_f64_variants;
}
template <class T>
const Table<AttentionBackward<T>>& backward() {
  if constexpr (std::is_same_v<T, float>) return attention_backward_variants;
  else return attention_backward_f64_variants;
}

// Values that a float holds exactly, so that both precisions see the same problem.
std::vector<float> numbers(int64_t n, uint64_t seed) {
  Random random(seed, "attention");
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = static_cast<float>(random.normal());
  return v;
}

template <class T>
struct Problem {
  Case s;
  int64_t width;
  std::vector<T> x, y, d_o;  // (batch, tokens, 3 width), (batch, queries, width)
  std::vector<uint8_t> mask;

  explicit Problem(const Case& c) : s(c), width(c.heads * c.size) {
    const int64_t tokens = std::max(s.queries, s.keys);
    const auto a = numbers(s.batch * tokens * 3 * width, 1), b = numbers(s.batch * s.queries * width, 2);
    x.assign(a.begin(), a.end());
    d_o.assign(b.begin(), b.end());
    Random random(3, "mask");
    for (int64_t i = 0; i < s.batch * s.keys; i++) mask.push_back(random.chance(0.7));
    if (s.batch > 1) std::fill(mask.begin(), mask.begin() + s.keys, uint8_t{0});  // an image whose keys are all hidden
  }
  Results<T> run(void (*f)(const Attention<T>&), void (*g)(const AttentionBackward<T>&)) const {
    const int64_t tokens = std::max(s.queries, s.keys);
    const HeadStrides in{tokens * 3 * width, s.size, 3 * width}, out{s.queries * width, s.size, width};
    const HeadStrides grad{tokens * width, s.size, width};
    Results<T> r{std::vector<T>(d_o.size()), std::vector<T>(size_t(s.batch * s.heads * s.queries))};
    Attention<T> a{.q = x.data(), .q_at = in, .k = x.data() + width, .k_at = in, .v = x.data() + 2 * width, .v_at = in,
                   .o = r[0].data(), .o_at = out, .batch = s.batch, .heads = s.heads, .queries = s.queries,
                   .keys = s.keys, .size = s.size, .scale = T(1 / std::sqrt(double(s.size))), .causal = s.causal,
                   .mask = s.mask ? mask.data() : nullptr, .logsumexp = r[1].data()};
    f(a);
    for (int i = 0; i < 3; i++) r.emplace_back(size_t(s.batch * tokens * width), T(0));
    g({.forward = a, .d_o = d_o.data(), .do_at = out, .dq = r[2].data(), .dq_at = grad, .dk = r[3].data(), .dk_at = grad,
       .dv = r[4].data(), .dv_at = grad});
    return r;
  }
};

// The gradients' row of the same name: on a device the two tables differ.
template <class T>
const Variant<AttentionBackward<T>>& backward_of(const Variant<Attention<T>>& f) {
  for (const auto& g : backward<T>().variants())
    if (std::string(f.name) == g.name) return g;
  FAIL("no backward ", f.name);
  throw 0;
}

template <class T>
void check(const Case& s) {
  const Problem<T> problem(s);
  const Results<double> truth = Problem<double>(s).run(attention_ref<double>, attention_backward_ref<double>);
  for (const auto& f : forward<T>().variants()) {
    if (f.device != Device::cpu || f.lacks({})) continue;
    const auto& g = backward_of<T>(f);
    const Results<T> r = problem.run(f.run, g.run);
    for (size_t part = 0; part < r.size(); part++) {
      // dq and dk are small differences of do v^T, whose size is the root of its terms.
      double worst = 0, size = part == 2 || part == 3 ? std::sqrt(double(s.size)) : 0.1;
      for (size_t i = 0; i < r[part].size(); i++) {
        if (std::isinf(truth[part][i])) {
          CHECK(double(r[part][i]) == truth[part][i]);
          continue;
        }
        worst = std::max(worst, std::abs(double(r[part][i]) - truth[part][i]));
        size = std::max(size, std::abs(truth[part][i]));
      }
      CAPTURE(std::string(f.name)); CAPTURE(part); CAPTURE(s.queries); CAPTURE(s.keys); CAPTURE(s.size);
      CAPTURE(s.causal); CAPTURE(s.mask);
      // Rounding grows with the square root of the sums behind an element.
      const double terms = std::sqrt(double(s.size + s.keys + (part > 2 ? s.queries : 0)));
      CHECK(worst <= 2 * terms * std::numeric_limits<T>::epsilon() * size);
    }
  }
}

}  // namespace

TEST_CASE("attention: forward and backward of every variant agree with the plain one in double") {
  for (const int64_t size : {1, 8, 31, 32, 33, 64, 80})
    for (const int64_t tokens : {1, 2, 31, 33, 50, 77}) {
      check<float>({2, 2, tokens, tokens, size, tokens % 2 == 1, size % 2 == 0});
      check<double>({2, 2, tokens, tokens, size, tokens % 2 == 1, size % 2 == 0});
    }
  for (const bool causal : {false, true})
    for (const bool mask : {false, true}) {
      check<float>({2, 1, 203, 203, 24, causal, mask});
      check<double>({2, 1, 203, 203, 24, causal, mask});
    }
  check<float>({2, 3, 3, 1000, 16, false, true});
  check<double>({1, 2, 1000, 5, 16, false, false});
}

TEST_CASE("attention: a picture's bits depend neither on the others nor on the number of threads") {
  const Problem<float> many({5, 3, 50, 50, 32, false, false});
  Problem<float> one({1, 3, 50, 50, 32, false, false});
  const size_t in = one.x.size(), out = one.d_o.size();
  std::copy_n(many.x.begin() + std::ptrdiff_t(3 * in), in, one.x.begin());
  std::copy_n(many.d_o.begin() + std::ptrdiff_t(3 * out), out, one.d_o.begin());
  const int threads = thread_count();
  for (const auto& f : attention_variants.variants()) {
    if (f.device != Device::cpu || f.lacks({})) continue;
    const auto& g = backward_of<float>(f);
    set_thread_count(1);
    const auto whole = many.run(f.run, g.run);
    set_thread_count(3);
    const auto again = many.run(f.run, g.run), alone = one.run(f.run, g.run);
    for (size_t part = 0; part < whole.size(); part++) {
      CHECK(std::memcmp(whole[part].data(), again[part].data(), whole[part].size() * 4) == 0);
      const size_t n = alone[part].size();
      CHECK(std::memcmp(whole[part].data() + 3 * n, alone[part].data(), n * 4) == 0);
    }
  }
  set_thread_count(threads);
}

TEST_CASE("attention: scores of a thousand do not overflow") {
  const int64_t T = 9, D = 8;
  std::vector<float> q(T * D, 60.f), v = numbers(T * D, 5), o(T * D);
  const HeadStrides at{T * D, T * D, D};
  for (const auto& variant : attention_variants.variants()) {
    const Attention<float> a{.q = q.data(), .q_at = at, .k = q.data(), .k_at = at, .v = v.data(), .v_at = at, .o = o.data(),
                             .o_at = at, .batch = 1, .heads = 1, .queries = T, .keys = T, .size = D, .scale = 1};
    if (variant.lacks(a)) continue;
    variant.run(a);
    for (int64_t d = 0; d < D; d++) {
      double mean = 0;
      for (int64_t j = 0; j < T; j++) mean += double(v[size_t(j * D + d)]) / double(T);
      CHECK(double(o[size_t(d)]) == doctest::Approx(mean).epsilon(1e-5));
    }
  }
}
