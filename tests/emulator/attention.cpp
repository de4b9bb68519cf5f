// The attention ladder, forward and backward, against the plain one in double; q, k and v are slices of one tensor as in a model.
#include "kernels/attention/attention.h"

#include <algorithm>

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Case {
  int64_t batch, heads, queries, keys, size;
  bool causal = false, mask = false;
  double scale = 1;  // of q's entries
};

struct Operands {
  Case s;
  Doubles x, d_o;  // (batch, tokens, 3 width), (batch, queries, width)
  std::vector<uint8_t> mask;
  Doubles o, logsumexp, dq, dk, dv;

  int64_t width() const { return s.heads * s.size; }
  int64_t tokens() const { return std::max(s.queries, s.keys); }
  explicit Operands(const Case& c) : s(c) {
    x = drawn(s.batch * tokens() * 3 * width(), 1), d_o = drawn(s.batch * s.queries * width(), 2);
    for (size_t i = 0; i < x.size(); i++)
      if (static_cast<int64_t>(i) % (3 * width()) < width()) x[i] = static_cast<double>(static_cast<float>(x[i] * s.scale));
    Random random(3, "mask");
    for (int64_t i = 0; i < s.batch * s.keys; i++) mask.push_back(random.chance(0.7));
    if (s.batch > 1) std::fill(mask.begin(), mask.begin() + s.keys, uint8_t{0});  // an image whose keys are all hidden
    solve();
  }
  template <class T>
  Attention<T> on(const T* from, const uint8_t* seen, T* to, T* sums) const {
    const HeadStrides in{tokens() * 3 * width(), s.size, 3 * width()}, out{s.queries * width(), s.size, width()};
    return {.q = from, .q_at = in, .k = from + width(), .k_at = in, .v = from + 2 * width(), .v_at = in, .o = to, .o_at = out,
            .batch = s.batch, .heads = s.heads, .queries = s.queries, .keys = s.keys, .size = s.size,
            .scale = static_cast<T>(1 / std::sqrt(static_cast<double>(s.size))), .causal = s.causal, .mask = s.mask ? seen : nullptr, .logsumexp = sums};
  }
  template <class T>
  AttentionBackward<T> backward_on(const Attention<T>& forward, const T* dy, T* q, T* k, T* v) const {
    const HeadStrides of_queries{s.queries * width(), s.size, width()}, of_keys{s.keys * width(), s.size, width()};
    return {.forward = forward, .d_o = dy, .do_at = of_queries, .dq = q, .dq_at = of_queries, .dk = k, .dk_at = of_keys, .dv = v, .dv_at = of_keys};
  }
  void solve() {
    o.assign(d_o.size(), 0), logsumexp.assign(static_cast<size_t>(s.batch * s.heads * s.queries), 0), dq = o;
    dk.assign(static_cast<size_t>(s.batch * s.keys * width()), 0), dv = dk;
    const Attention<double> a = on<double>(x.data(), mask.data(), o.data(), logsumexp.data());
    attention_f64_variants.variants().back().run(a);
    attention_backward_f64_variants.variants().back().run(backward_on<double>(a, d_o.data(), dq.data(), dk.data(), dv.data()));
  }
};

void check_part(const std::vector<float>& all, size_t& at, const Doubles& want, double norm, double roundings, double epsilon = 0x1p-23) {
  const auto begin = all.begin() + static_cast<int64_t>(at);
  at += want.size();
  check_close({begin, begin + static_cast<int64_t>(want.size())}, want, norm, roundings, epsilon);
}

void check_case(const Case& c, bool all) {
  const Operands x(c);
  // Scores are rounded in proportion to |q| |k|; a weight's relative error is its score's error.
  const double score = std::max(1.0, 2 * c.scale * 2 * std::sqrt(static_cast<double>(c.size)));
  const double terms = std::sqrt(static_cast<double>(c.size + c.keys)) + 8;
  for (const auto& rung : rungs_of(attention_variants)) {
    INFO(std::string(rung.name), " ", c.queries, " x ", c.keys, ", size ", c.size, (c.causal ? ", causal" : ""), (c.mask ? ", masked" : ""));
    in_schedules(all, [&] {
      const OnDevice<float> px(to_float(x.x)), o(x.o.size()), sums(x.logsumexp.size());
      const OnDevice<uint8_t> seen(x.mask);
      const Attention<float> a = x.on<float>(px, seen, o, sums);
      if (rung.lacks(a)) return std::vector<float>();
      rung.run(a);
      std::vector<float> got = o.values();
      const std::vector<float> more = sums.values();
      got.insert(got.end(), more.begin(), more.end());
      return got;
    }, [&](const std::vector<float>& got) {
      if (got.empty()) return;
      size_t at = 0;
      // Roundings of the factors to fewer digits are as random as the factors: a score's are about c.scale epsilons together.
      const bool digits = epsilon_of(rung.name) == 0x1p-23;
      check_part(got, at, x.o, 2, digits ? terms + score : 2 + 6 * c.scale, epsilon_of(rung.name));
      check_part(got, at, x.logsumexp, digits ? score : 1, digits ? terms : 2 + 6 * c.scale, epsilon_of(rung.name));
    });
  }
  for (const auto& rung : rungs_of(attention_backward_variants)) {
    INFO(std::string(rung.name), " backward ", c.queries, " x ", c.keys, ", size ", c.size, (c.causal ? ", causal" : ""), (c.mask ? ", masked" : ""));
    in_schedules(all, [&] {
      const OnDevice<float> px(to_float(x.x)), o(to_float(x.o)), sums(to_float(x.logsumexp)), dy(to_float(x.d_o)), dq(x.dq.size()), dk(x.dk.size()), dv(x.dv.size());
      const OnDevice<uint8_t> seen(x.mask);
      const AttentionBackward<float> g = x.backward_on<float>(x.on<float>(px, seen, o, sums), dy, dq, dk, dv);
      if (rung.lacks(g)) return std::vector<float>();
      rung.run(g);
      std::vector<float> got = dq.values();
      for (const std::vector<float>& more : {dk.values(), dv.values()}) got.insert(got.end(), more.begin(), more.end());
      return got;
    }, [&](const std::vector<float>& got) {
      if (got.empty()) return;
      size_t at = 0;
      // dq and dk are small differences of do v^T, whose size is the root of its terms.
      const double epsilon = epsilon_of(rung.name), root = std::sqrt(static_cast<double>(c.size));
      const double roundings = epsilon == 0x1p-23 ? terms + std::sqrt(static_cast<double>(c.queries)) + score : 4 + 6 * c.scale;
      check_part(got, at, x.dq, std::max(root, largest(x.dq)), roundings, epsilon);
      check_part(got, at, x.dk, std::max(root * c.scale, largest(x.dk)), roundings, epsilon);
      check_part(got, at, x.dv, std::max(1.0, largest(x.dv)), roundings, epsilon);
    });
  }
}

}  // namespace

TEST_CASE("attention: every rung, forward and backward, tails of every dimension") {
  check_case({2, 2, 50, 50, 64}, false);
  check_case({1, 2, 33, 33, 32, true}, true);
  check_case({2, 1, 40, 70, 24, false, true}, true);
  check_case({2, 1, 77, 77, 16, true, true}, false);
  for (const int64_t size : {1, 31, 33, 72, 80, 128, 160}) check_case({1, 1, 5, 37, size}, false);
  for (const int64_t tokens : {1, 2, 31, 32}) check_case({1, 2, tokens, tokens, 20, tokens % 2 == 1}, false);
  check_case({1, 1, 3, 1000, 16, false, true}, false);
  check_case({1, 1, 70, 5, 16, true}, false);
  for (const Case& empty : {Case{0, 2, 5, 5, 8}, Case{1, 1, 0, 5, 8}, Case{1, 2, 5, 0, 8}}) check_case(empty, false);
  check_case({1, 1, 729, 200, 8, true, true}, false);
}

TEST_CASE("attention: scores of hundreds do not overflow") {
  check_case({1, 1, 20, 40, 64, false, false, 100}, false);
}

TEST_CASE("attention: hidden keys may hold anything, and a NaN stays with the queries that see it") {
  Operands x({1, 1, 40, 40, 8, true, true});
  for (size_t j : {size_t{3}, size_t{20}}) {
    x.mask[j] = 0;
    for (int64_t d = 8; d < 24; d++) x.x[j * 24 + static_cast<size_t>(d)] = d % 2 ? NAN : INFINITY;
  }
  x.mask[0] = x.mask[35] = 1;
  x.x[35 * 24 + 9] = NAN;  // a key that queries 35 to 39 see
  x.solve();
  for (const auto& rung : rungs_of(attention_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    const OnDevice<float> px(to_float(x.x)), o(x.o.size());
    const OnDevice<uint8_t> seen(x.mask);
    rung.run(x.on<float>(px, seen, o, nullptr));
    const std::vector<float> got = o.values();
    for (size_t i = 0; i < got.size(); i++) CHECK(std::isnan(got[i]) == (i >= 35 * 8));
    check_close(got, x.o, 2, 16, epsilon_of(rung.name));
  }
}

TEST_CASE("attention: gradients where hidden keys hold infinities and NaN") {
  Operands x({1, 1, 40, 40, 8, true, true});
  std::fill(x.mask.begin(), x.mask.end(), uint8_t{1});
  for (size_t j : {size_t{3}, size_t{20}}) {
    x.mask[j] = 0;
    for (int64_t d = 8; d < 24; d++) x.x[j * 24 + static_cast<size_t>(d)] = d % 2 ? NAN : INFINITY;
  }
  x.d_o[7 * 8 + 2] = NAN;  // query 7's: keys 0 to 7 are seen by it, and no other
  x.solve();
  const auto lost = [](const Doubles& v) { return std::count_if(v.begin(), v.end(), [](double d) { return std::isnan(d); }); };
  CHECK((lost(x.dq) == 8 && lost(x.dk) == 7 * 8 && lost(x.dv) == 7));  // key 3 is hidden from it too
  for (const auto& rung : rungs_of(attention_backward_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    const OnDevice<float> px(to_float(x.x)), o(to_float(x.o)), sums(to_float(x.logsumexp)), dy(to_float(x.d_o)), dq(x.dq.size()), dk(x.dk.size()), dv(x.dv.size());
    const OnDevice<uint8_t> seen(x.mask);
    rung.run(x.backward_on<float>(x.on<float>(px, seen, o, sums), dy, dq, dk, dv));
    check_close(dq.values(), x.dq, 3, 16, epsilon_of(rung.name));
    check_close(dk.values(), x.dk, 3, 16, epsilon_of(rung.name));
    check_close(dv.values(), x.dv, 3, 16, epsilon_of(rung.name));
  }
}

TEST_CASE("attention: a key at infinity has no weight where its score is minus infinity; values beyond 16 bits' range") {
  Operands x({1, 2, 20, 40, 12});
  for (size_t h = 0; h < 2; h++) x.x[21 * 72 + 24 + 12 * h] = INFINITY;  // key 21
  for (size_t j = 0; j < 40; j++) x.x[j * 72 + 48 + j % 24] *= 1e5;
  x.solve();
  const auto lost = std::count_if(x.o.begin(), x.o.end(), [](double v) { return std::isnan(v); });
  CHECK((lost > 0 && lost < 480));
  for (const auto& rung : rungs_of(attention_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    const OnDevice<float> px(to_float(x.x)), o(x.o.size()), sums(x.logsumexp.size());
    rung.run(x.on<float>(px, nullptr, o, sums));
    check_close(o.values(), x.o, 2e5, 16, epsilon_of(rung.name));
    const std::vector<float> of_rows = sums.values();
    for (size_t i = 0; i < of_rows.size(); i++) CHECK(std::isfinite(of_rows[i]) == std::isfinite(x.logsumexp[i]));
  }
}

TEST_CASE("attention: an image's bits depend on no other image") {
  const Operands many({3, 2, 40, 40, 16});
  for (const auto& rung : rungs_of(attention_variants)) {
    const UseEmulator use;
    Operands one = many;
    one.s.batch = 1;
    const OnDevice<float> px(to_float(many.x)), all(many.o.size()), alone(many.o.size() / 3);
    rung.run(many.on<float>(px, nullptr, all, nullptr));
    rung.run(one.on<float>(px, nullptr, alone, nullptr));
    std::vector<float> first = all.values();
    first.resize(first.size() / 3);
    CHECK(first == alone.values());
  }
}

#if defined(CEIR_TEST_ON_CUDA)
TEST_CASE("attention: the rung of sm_90a, where the GPU is one") {
  const UseEmulator use;
  if (current_device().capability != 90) return;
  for (const auto& rung : attention_variants.variants()) {
    if (!is_gpu_only(rung)) continue;
    for (const Case& c : {Case{1, 1, 1, 1, 1}, Case{2, 3, 50, 50, 64}, Case{2, 2, 257, 257, 80}, Case{1, 2, 77, 77, 64, true}, Case{2, 1, 40, 200, 33, false, true}, Case{1, 2, 300, 729, 128, true}, Case{2, 2, 729, 729, 72}}) {
      INFO(std::string(rung.name), " ", c.queries, " x ", c.keys, ", size ", c.size);
      const Operands x(c);
      const OnDevice<float> px(to_float(x.x)), o(x.o.size()), sums(x.logsumexp.size());
      const OnDevice<uint8_t> seen(x.mask);
      rung.run(x.on<float>(px, seen, o, sums));
      check_close(o.values(), x.o, 2, 8, 0x1p-10);
      check_close(sums.values(), x.logsumexp, 1, 8, 0x1p-10);
    }
  }
}
#endif
