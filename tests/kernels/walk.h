// The driver of the kernel tests: runs every variant of a table against the reference in double, with a tolerance
// from norms and the type's epsilon; then asks for equal bits with one thread and two, with fewer rows, and in place.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/table.h"
#include "kernels/base/threads.h"

namespace ceir::test {

template <class T>
using Arrays = std::vector<std::vector<T>>;
using Doubles = std::vector<double>;

enum class Kind { plain, large_mean, constant_rows, huge };
inline constexpr Kind all_kinds[] = {Kind::plain, Kind::large_mean, Kind::constant_rows, Kind::huge};
inline const char* name_of(Kind k) {
  return k == Kind::plain ? "plain" : k == Kind::large_mean ? "large mean" : k == Kind::constant_rows ? "constant rows" : "huge";
}

struct Problem {
  int64_t rows, width;
  Kind kind = Kind::plain;
  int option = 0;  // what else an operation distinguishes
};

// Entries that are exact in float, so that the reference in double sees what the kernel sees.
inline Doubles drawn(int64_t n, uint64_t salt, double low = -2, double high = 2) {
  Doubles v(static_cast<size_t>(n));
  Random random(salt, "kernel tests");
  for (double& x : v) x = static_cast<double>(static_cast<float>(random.uniform(low, high)));
  return v;
}
inline Doubles matrix(const Problem& p, uint64_t salt) {
  Doubles v = drawn(p.rows * p.width, salt);
  for (int64_t r = 0; r < p.rows; r++)
    for (int64_t i = 0; i < p.width; i++) {
      double& x = v[static_cast<size_t>(r * p.width + i)];
      if (p.kind == Kind::large_mean) x += 1e4 * static_cast<double>(1 + r % 3);
      if (p.kind == Kind::constant_rows) x = 0.1 * static_cast<double>(r % 7 - 3);
      if (p.kind == Kind::huge) x *= 1e15;
      x = static_cast<double>(static_cast<float>(x));
    }
  return v;
}
inline double largest(const Doubles& v, double at_least = 0) {
  for (const double x : v) at_least = std::max(at_least, std::abs(x));
  return at_least;
}

// One operation: how to draw its inputs, how to call a variant on arrays, and the norm of each output that its
// rounding errors are in proportion to.
template <template <class> class Args>
struct Walk {
  const char* op;
  std::function<Arrays<double>(const Problem&)> inputs;
  // Fills Args from inputs and outputs and calls run. in_place: the first output lies where the op allows aliasing.
  std::function<Arrays<float>(void (*run)(const Args<float>&), const Problem&, Arrays<float>, bool in_place)> call_f32;
  std::function<Arrays<double>(void (*run)(const Args<double>&), const Problem&, Arrays<double>, bool in_place)> call_f64;
  std::function<Doubles(const Problem&, const Arrays<double>& in, const Arrays<double>& reference)> norms;
  double roundings = 8;        // errors may be this many epsilons of the norm
  int per_row = 0;             // the first so many outputs have their rows' values from their own rows alone
  std::vector<Kind> kinds = {std::begin(all_kinds), std::end(all_kinds)};
  std::vector<int> options = {0};
  std::vector<int64_t> widths = {1, 31, 32, 33, 1000}, rows = {1, 3, 67, 130};
};

template <class To, class From>
Arrays<To> converted(const Arrays<From>& a) {
  Arrays<To> b;
  for (const auto& v : a) b.emplace_back(v.begin(), v.end());
  return b;
}

template <class T>
bool same_bits(const Arrays<T>& a, const Arrays<T>& b) {
  for (size_t i = 0; i < a.size(); i++)
    if (a[i].size() != b[i].size() || (!a[i].empty() && std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(T)))) return false;
  return true;
}

template <class T, template <class> class Args, class Call>
void check_variant(const Walk<Args>& walk, const Variant<Args<T>>& variant, const Call& call, const Problem& p,
                   const Arrays<double>& in, const Arrays<double>& reference, const Doubles& norms) {
  INFO(walk.op, "=", std::string(variant.name), sizeof(T) == 4 ? " f32 " : " f64 ", p.rows, " x ", p.width, ", ",
       std::string(name_of(p.kind)), ", option ", p.option);
  const Arrays<T> inputs = converted<T>(in);
  const Arrays<T> got = call(variant.run, p, inputs, false);
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  REQUIRE(got.size() == reference.size());
  for (size_t k = 0; k < got.size(); k++) {
    double worst = 0;
    for (size_t i = 0; i < got[k].size(); i++) {
      const double g = static_cast<double>(got[k][i]), w = reference[k][i];
      if (std::isnan(g) && std::isnan(w)) continue;
      if (const double e = std::abs(g - w); !(e <= worst)) worst = e;
    }
    INFO("output ", k, ": error ", worst, ", norm ", norms[k]);
    // The reference in double is no better than the variants in double: its sums lose digits too.
    const double own = sizeof(T) == 8 ? 1 + std::sqrt(static_cast<double>(p.rows * p.width)) : 1;
    CHECK(worst <= walk.roundings * own * eps * norms[k]);
  }
  CHECK(same_bits(got, call(variant.run, p, inputs, true)));  // in place
  {
    const SingleThread one;
    CHECK(same_bits(got, call(variant.run, p, inputs, false)));
  }
  if (walk.per_row > 0 && p.rows > 1 && p.option >= 0) {  // fewer rows: the same bits in those that stay
    Problem q = p;
    q.rows = p.rows / 2 + 1;
    Arrays<T> fewer = inputs;
    for (auto& v : fewer)
      if (static_cast<int64_t>(v.size()) % p.rows == 0 && static_cast<int64_t>(v.size()) >= p.rows * std::min<int64_t>(p.width, 1) &&
          (static_cast<int64_t>(v.size()) == p.rows * p.width || static_cast<int64_t>(v.size()) == p.rows))
        v.resize(v.size() / static_cast<size_t>(p.rows) * static_cast<size_t>(q.rows));
    const Arrays<T> less = call(variant.run, q, fewer, false);
    for (int k = 0; k < walk.per_row; k++) {
      const auto& a = less[static_cast<size_t>(k)];
      CHECK(std::memcmp(a.data(), got[static_cast<size_t>(k)].data(), a.size() * sizeof(T)) == 0);
    }
  }
}

// Runs all problems of `walk` on all variants of both tables. The reference is the last variant of the f64 table.
template <template <class> class Args>
void walk_tables(const Walk<Args>& walk, const Table<Args<float>>& f32, const Table<Args<double>>& f64) {
  set_thread_count(2);
  for (const int64_t width : walk.widths)
    for (const int64_t rows : walk.rows)
      for (const Kind kind : walk.kinds)
        for (const int option : walk.options) {
          const Problem p{rows, width, kind, option};
          const Arrays<double> in = walk.inputs(p);
          const Arrays<double> reference = walk.call_f64(f64.variants().back().run, p, in, false);
          Doubles norms = walk.norms ? walk.norms(p, in, reference) : Doubles();
          if (!walk.norms)
            for (const Doubles& r : reference) norms.push_back(largest(r, 1e-30));
          for (const auto& v : f32.variants())
            if (v.device == Device::cpu && !v.lacks({})) check_variant<float>(walk, v, walk.call_f32, p, in, reference, norms);
          for (const auto& v : f64.variants())
            if (v.device == Device::cpu && !v.lacks({})) check_variant<double>(walk, v, walk.call_f64, p, in, reference, norms);
        }
}

}  // namespace ceir::test
