// The ladder of the reductions.
#include "kernels/reduce/reduce.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

constexpr Reduction reductions[] = {Reduction::sum, Reduction::mean, Reduction::variance, Reduction::sample_variance};

void check(int64_t outer, int64_t n, int64_t inner, Kind kind, Reduction reduction) {
  // matrix() gives each of its rows a mean of its own: rows along the last dimension, one for all columns otherwise.
  const Doubles x = inner == 1 ? matrix({outer, n, kind}, 1) : matrix({1, outer * n * inner, kind}, 1);
  const auto outputs = static_cast<size_t>(outer * inner);
  Doubles want(outputs);
  reduce_f64_variants.variants().back().run({reduction, x.data(), want.data(), outer, n, inner});
  double norm = largest(want, 1e-9);
  if (reduction == Reduction::sum) norm = largest(x, 1e-30) * static_cast<double>(n);
  if (reduction == Reduction::mean) norm = largest(x, 1e-30);
  for (const auto& rung : rungs_of(reduce_variants)) {
    INFO(std::string(rung.name), " ", outer, " x ", n, " x ", inner, ", ", std::string(name_of(kind)), ", reduction ", static_cast<int>(reduction));
    in_schedules(kind == Kind::plain && outer == 3, [&] {
      const OnDevice<float> dx(to_float(x)), dy(outputs);
      const Reduce<float> a{reduction, dx, dy, outer, n, inner};
      if (rung.lacks(a)) return std::vector<float>();  // its condition refuses this shape
      rung.run(a);
      return dy.values();
    }, [&](const std::vector<float>& got) {
      if (!got.empty()) check_close(got, want, norm, 8);
    });
  }
}

}  // namespace

TEST_CASE("reduce: every rung gives the reference's values along rows, in every schedule") {
  for (const int64_t n : {1, 6, 31, 32, 33, 1000, 1027, 1030})
    for (const int64_t outer : {1, 3, 70})
      for (const Kind kind : all_kinds) {
        if (outer == 70 && (n > 33 || kind != Kind::plain)) continue;
        for (const Reduction r : reductions) check(outer, n, 1, kind, r);
      }
}

TEST_CASE("reduce: every rung gives the reference's values down columns and in the middle") {
  for (const auto& [outer, n, inner] : {std::array<int64_t, 3>{1, 1, 33}, {1, 31, 2}, {1, 600, 5}, {3, 33, 32}, {2, 257, 130}})
    for (const Kind kind : all_kinds)
      for (const Reduction r : reductions) check(outer, n, inner, kind, r);
}

TEST_CASE("reduce: a long row is cut by its length alone, and keeps its digits") {
  for (const Reduction r : reductions)
    for (const int64_t rows : {1, 3})
      for (const Kind kind : all_kinds) check(rows, 9001, 1, kind, r);
  const Doubles x = drawn(3 * 5000, 2);
  for (const auto& rung : rungs_of(reduce_variants)) {  // the same bits alone as with others
    const UseEmulator use;
    const OnDevice<float> dx(to_float(x)), three(3), one(1);
    const Reduce<float> a{Reduction::variance, dx, three, 3, 5000, 1};
    if (rung.lacks(a)) continue;
    rung.run(a);
    rung.run({Reduction::variance, dx, one, 1, 5000, 1});
    CHECK(one.values()[0] == three.values()[0]);
  }
}

TEST_CASE("reduce: of nothing, of one element, of NaN and infinities") {
  const double inf = INFINITY;
  const Doubles x = {1, 2, 3, inf, 4, 5, -inf, inf, 6, NAN, 7, 8};
  for (const auto& rung : rungs_of(reduce_variants))
    for (const Reduction r : reductions)
      for (const auto& [outer, n, inner] : {std::array<int64_t, 3>{4, 3, 1}, {1, 4, 3}, {2, 3, 2}, {4, 0, 1}, {1, 0, 4}, {4, 1, 1}, {0, 3, 1}}) {
        INFO(std::string(rung.name), " ", outer, " x ", n, " x ", inner, ", reduction ", static_cast<int>(r));
        const auto outputs = static_cast<size_t>(outer * inner);
        Doubles want(outputs);
        reduce_f64_variants.variants().back().run({r, x.data(), want.data(), outer, n, inner});
        const UseEmulator use;
        const OnDevice<float> dx(to_float(x)), dy(outputs);
        const Reduce<float> a{r, dx, dy, outer, n, inner};
        if (rung.lacks(a)) continue;
        rung.run(a);
        check_close(dy.values(), want, 64, 8);
      }
}
