// Softmax, normalisations, reductions, arithmetic: every variant against the reference in double.
#include <cmath>
#include <functional>

#include "kernels/batchnorm/batchnorm.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/layernorm/layernorm.h"
#include "kernels/normalise/normalise.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax/softmax.h"
#include "kernels/unary/unary.h"
#include "tests/kernels/walk.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Puts a generic lambda <T>(run, problem, inputs, in_place) into both slots of a Walk.
template <template <class> class Args, class Call>
Walk<Args> walk_of(const char* op, std::function<Arrays<double>(const Problem&)> inputs, const Call& call) {
  Walk<Args> w;
  w.op = op;
  w.inputs = std::move(inputs);
  w.call_f32 = [call](auto... a) { return call.template operator()<float>(a...); };
  w.call_f64 = [call](auto... a) { return call.template operator()<double>(a...); };
  return w;
}
template <class T>
std::vector<T> zeros(int64_t n) {
  return std::vector<T>(static_cast<size_t>(n), T(7));  // what must be overwritten
}
Doubles positive(Doubles v) {
  for (double& x : v) x = std::abs(x) + 0.25;
  return v;
}

}  // namespace

TEST_CASE("softmax: all variants, plain, logarithm and causal") {
  auto walk = walk_of<Softmax>("softmax", [](const Problem& p) { return Arrays<double>{matrix(p, 1)}; },
    []<class T>(void (*run)(const Softmax<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> y = in_place ? in[0] : zeros<T>(p.rows * p.width);
      run({in_place ? y.data() : in[0].data(), y.data(), p.rows, p.width, p.option == 1, p.option == 2 ? p.width : 0});
      return Arrays<T>{y};
    });
  walk.options = {0, 1, 2};
  walk.per_row = 1;
  walk_tables(walk, softmax_variants, softmax_f64_variants);
}

TEST_CASE("softmax backward: all variants") {
  auto walk = walk_of<SoftmaxBackward>("softmax_backward", [](const Problem& p) {
      Arrays<double> in{matrix({p.rows, p.width}, 2), matrix(p, 3)};
      for (double& y : in[0]) y = p.option == 1 ? y - 3 : std::abs(y) / static_cast<double>(p.width);
      return converted<double>(converted<float>(in));
    },
    []<class T>(void (*run)(const SoftmaxBackward<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> dx = in_place ? in[1] : zeros<T>(p.rows * p.width);
      run({in[0].data(), in_place ? dx.data() : in[1].data(), dx.data(), p.rows, p.width, p.option == 1});
      return Arrays<T>{dx};
    });
  walk.options = {0, 1};
  walk.per_row = 1;
  walk.norms = [](const Problem& p, const Arrays<double>& in, const Arrays<double>&) {
    return Doubles{largest(in[1]) * (p.option == 1 ? static_cast<double>(p.width) : 2) + 1e-30};
  };
  walk_tables(walk, softmax_backward_variants, softmax_backward_f64_variants);
}

TEST_CASE("layernorm: all variants keep their digits with large means, constant rows and huge values") {
  auto walk = walk_of<LayerNorm>("layernorm", [](const Problem& p) {
      return Arrays<double>{matrix(p, 4), drawn(p.width, 5), drawn(p.width, 6)};
    },
    []<class T>(void (*run)(const LayerNorm<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> y = in_place ? in[0] : zeros<T>(p.rows * p.width), mean = zeros<T>(p.rows), rstd = zeros<T>(p.rows);
      run({in_place ? y.data() : in[0].data(), in[1].data(), in[2].data(), y.data(), mean.data(), rstd.data(), p.rows, p.width, 1e-5});
      return Arrays<T>{y, mean, rstd};
    });
  walk.per_row = 3;
  walk.norms = [](const Problem&, const Arrays<double>& in, const Arrays<double>& reference) {
    return Doubles{largest(reference[0], 2), largest(in[0], 1e-30), largest(reference[2])};
  };
  walk.roundings = 12;
  walk_tables(walk, layernorm_variants, layernorm_f64_variants);
}

TEST_CASE("layernorm at inference writes the same y without mean and rstd") {
  const Problem p{5, 33};
  const auto x = converted<float>(Arrays<double>{matrix(p, 4), drawn(33, 5), drawn(33, 6)});
  for (const auto& v : layernorm_variants.variants()) {
    if (v.lacks({})) continue;
    std::vector<float> a(165), b(165), mean(5), rstd(5);
    v.run({x[0].data(), x[1].data(), x[2].data(), a.data(), mean.data(), rstd.data(), 5, 33, 1e-5});
    v.run({x[0].data(), x[1].data(), x[2].data(), b.data(), nullptr, nullptr, 5, 33, 1e-5});
    CHECK(a == b);
  }
}

TEST_CASE("layernorm backward: all variants, with and without each gradient") {
  auto walk = walk_of<LayerNormBackward>("layernorm_backward", [](const Problem& p) {
      return Arrays<double>{matrix({p.rows, p.width}, 7), drawn(p.width, 8), drawn(p.rows, 9), positive(drawn(p.rows, 10)), matrix(p, 11)};
    },
    []<class T>(void (*run)(const LayerNormBackward<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> dx = in_place ? in[4] : zeros<T>(p.rows * p.width), dgain = zeros<T>(p.width), dbias = zeros<T>(p.width);
      run({in[0].data(), in[1].data(), in[2].data(), in[3].data(), in_place ? dx.data() : in[4].data(),
           p.option == 1 ? nullptr : dx.data(), p.option == 2 ? nullptr : dgain.data(), p.option == 2 ? nullptr : dbias.data(), p.rows, p.width});
      if (p.option == 1) dx.clear();
      return Arrays<T>{dx, dgain, dbias};
    });
  walk.options = {0, 1, 2};
  walk.norms = [](const Problem& p, const Arrays<double>& in, const Arrays<double>&) {
    const double dy = largest(in[4]), rows = static_cast<double>(p.rows);
    return Doubles{dy * 2 * 2.25 * 81, dy * rows * 9 + 1, dy * rows + 1};  // |gain| <= 2, rstd <= 2.25, |h| <= 9
  };
  walk_tables(walk, layernorm_backward_variants, layernorm_backward_f64_variants);
}

// Option 1 sees the same numbers as (rows, width, 4) images. Constant and large-mean columns: the matrix is drawn transposed.
static Doubles columns_of(const Problem& p, int64_t inner, uint64_t salt) {
  const Doubles t = matrix({p.width, p.rows * inner, p.kind}, salt);
  Doubles x(t.size());
  for (int64_t c = 0; c < p.width; c++)
    for (int64_t r = 0; r < p.rows; r++)
      for (int64_t s = 0; s < inner; s++)
        x[static_cast<size_t>((r * p.width + c) * inner + s)] = t[static_cast<size_t>((c * p.rows + r) * inner + s)];
  return x;
}
static int64_t inner_of(const Problem& p) { return p.option % 2 == 1 ? 37 : 1; }

TEST_CASE("batch statistics: all variants, large means and constant channels included") {
  auto walk = walk_of<BatchStatistics>("batch_statistics", [](const Problem& p) { return Arrays<double>{columns_of(p, inner_of(p), 12)}; },
    []<class T>(void (*run)(const BatchStatistics<T>&), const Problem& p, Arrays<T> in, bool) {
      std::vector<T> mean = zeros<T>(p.width), var = zeros<T>(p.width);
      run({in[0].data(), mean.data(), var.data(), p.rows, p.width, inner_of(p)});
      return Arrays<T>{mean, var};
    });
  walk.options = {0, 1};
  walk.norms = [](const Problem&, const Arrays<double>& in, const Arrays<double>& r) { return Doubles{largest(in[0], 1), largest(r[1], 1e-9)}; };
  walk.rows = {1, 2, 67, 600};
  walk.widths = {1, 31, 33, 200};
  walk.roundings = 16;
  walk_tables(walk, batch_statistics_variants, batch_statistics_f64_variants);
}

TEST_CASE("batchnorm: all variants") {
  auto walk = walk_of<BatchNorm>("batchnorm", [](const Problem& p) {
      return Arrays<double>{columns_of(p, inner_of(p), 13), drawn(p.width, 14), positive(drawn(p.width, 15)), drawn(p.width, 16), drawn(p.width, 17)};
    },
    []<class T>(void (*run)(const BatchNorm<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> y = in_place ? in[0] : zeros<T>(p.rows * p.width * inner_of(p));
      run({in_place ? y.data() : in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(), y.data(), p.rows, p.width, inner_of(p)});
      return Arrays<T>{y};
    });
  walk.options = {0, 1};
  walk.widths = {1, 31, 32, 33, 200};
  walk.norms = [](const Problem&, const Arrays<double>& in, const Arrays<double>&) { return Doubles{largest(in[0], 1) * 4.5}; };
  walk_tables(walk, batchnorm_variants, batchnorm_f64_variants);
}

TEST_CASE("batchnorm backward: all variants, training and evaluation") {
  auto walk = walk_of<BatchNormBackward>("batchnorm_backward", [](const Problem& p) {
      return Arrays<double>{columns_of({p.rows, p.width}, inner_of(p), 18), drawn(p.width, 19), positive(drawn(p.width, 20)), drawn(p.width, 21),
                            columns_of(p, inner_of(p), 22)};
    },
    []<class T>(void (*run)(const BatchNormBackward<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> dx = in_place ? in[4] : zeros<T>(p.rows * p.width * inner_of(p)), dgain = zeros<T>(p.width), dbias = zeros<T>(p.width);
      run({in[0].data(), in[1].data(), in[2].data(), in[3].data(), in_place ? dx.data() : in[4].data(), dx.data(), dgain.data(),
           dbias.data(), p.rows, p.width, inner_of(p), p.option >= 2});
      return Arrays<T>{dx, dgain, dbias};
    });
  walk.options = {0, 1, 2, 3};
  walk.widths = {1, 31, 33, 200};
  walk.rows = {1, 3, 67, 300};
  walk.norms = [](const Problem& p, const Arrays<double>& in, const Arrays<double>&) {
    const double dy = largest(in[4]), n = static_cast<double>(p.rows * inner_of(p));
    return Doubles{dy * 4.5 * 81, dy * n * 9 + 1, dy * n + 1};
  };
  walk_tables(walk, batchnorm_backward_variants, batchnorm_backward_f64_variants);
}

TEST_CASE("normalise: all variants, squares beyond the range of float included") {
  auto walk = walk_of<Normalise>("normalise", [](const Problem& p) {
      Arrays<double> in{matrix(p, 23)};
      if (p.option == 1)
        for (double& x : in[0]) x = static_cast<double>(static_cast<float>(x * 1e-22));
      return in;
    },
    []<class T>(void (*run)(const Normalise<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> y = in_place ? in[0] : zeros<T>(p.rows * p.width), norm = zeros<T>(p.rows);
      run({in_place ? y.data() : in[0].data(), y.data(), norm.data(), p.rows, p.width});
      return Arrays<T>{y, norm};
    });
  walk.options = {0, 1};
  walk.per_row = 2;
  walk_tables(walk, normalise_variants, normalise_f64_variants);
}

TEST_CASE("normalise backward: all variants") {
  auto walk = walk_of<NormaliseBackward>("normalise_backward", [](const Problem& p) {
      return Arrays<double>{matrix({p.rows, p.width}, 24), positive(drawn(p.rows, 25)), matrix(p, 26)};
    },
    []<class T>(void (*run)(const NormaliseBackward<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> dx = in_place ? in[2] : zeros<T>(p.rows * p.width);
      run({in[0].data(), in[1].data(), in_place ? dx.data() : in[2].data(), dx.data(), p.rows, p.width});
      return Arrays<T>{dx};
    });
  walk.per_row = 1;
  walk.norms = [](const Problem& p, const Arrays<double>& in, const Arrays<double>&) {
    return Doubles{largest(in[2]) * (1 + 4 * static_cast<double>(p.width)) * 4};
  };
  walk_tables(walk, normalise_backward_variants, normalise_backward_f64_variants);
}

TEST_CASE("reduce: all variants along rows, down columns and in the middle") {
  constexpr Reduction kinds[] = {Reduction::sum, Reduction::mean, Reduction::variance, Reduction::sample_variance};
  auto walk = walk_of<Reduce>("reduce", [](const Problem& p) {
      return Arrays<double>{p.option < 4 ? matrix(p, 27) : columns_of(p, 1, 28)};
    },
    [=]<class T>(void (*run)(const Reduce<T>&), const Problem& p, Arrays<T> in, bool) {
      const int where = p.option / 4;  // 0: last dimension, 1: first, 2: the middle of (2, rows / 2, width)
      const int64_t outer = where == 0 ? p.rows : where == 1 ? 1 : 2, n = where == 0 ? p.width : where == 1 ? p.rows : p.rows / 2;
      const int64_t inner = where == 0 ? 1 : p.width;
      std::vector<T> y = zeros<T>(outer * inner);
      run({kinds[p.option % 4], in[0].data(), y.data(), outer, n, inner});
      return Arrays<T>{y};
    });
  walk.options = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  walk.rows = {1, 3, 130};
  walk.norms = [](const Problem& p, const Arrays<double>& in, const Arrays<double>& r) {
    if (p.option % 4 == 0) return Doubles{largest(in[0]) * static_cast<double>(p.option < 4 ? p.width : p.rows) + 1e-30};
    if (p.option % 4 == 1) return Doubles{largest(in[0], 1e-30)};
    return Doubles{largest(r[0], 1e-9)};
  };
  walk_tables(walk, reduce_variants, reduce_f64_variants);
}

TEST_CASE("reduce: one long row is cut by its length alone, its sum exact to float") {
  const Doubles x = drawn(200003, 29, 0, 1);
  const auto x32 = converted<float>(Arrays<double>{x})[0];
  double want = 0;
  for (const double v : x) want += v;
  for (const auto& v : reduce_variants.variants()) {
    if (v.lacks({})) continue;
    float one = 0, two = 0;
    set_thread_count(1);
    v.run({Reduction::sum, x32.data(), &one, 1, 200003, 1});
    set_thread_count(2);
    v.run({Reduction::sum, x32.data(), &two, 1, 200003, 1});
    set_thread_count(0);
    CHECK(one == two);
    CHECK(std::abs(static_cast<double>(one) - want) <= 1e-6 * want);
  }
}

TEST_CASE("elementwise: all variants, dense, repeated and strided operands") {
  auto walk = walk_of<Elementwise>("elementwise", [](const Problem& p) {
      return Arrays<double>{matrix(p, 30), positive(matrix({p.rows, p.width}, 31))};
    },
    []<class T>(void (*run)(const Elementwise<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      const int how = p.option / 4;
      std::vector<T> y = in_place ? in[0] : zeros<T>(p.rows * p.width);
      Elementwise<T> e{static_cast<Binary>(p.option % 4), in_place ? y.data() : in[0].data(), in[1].data(), y.data(), 2,
                       {p.rows, p.width}, {p.width, 1}, {p.width, 1}};
      if (how == 1) e.b_stride[0] = 0;                       // a row for all
      if (how == 2) e.b_stride[0] = 1, e.b_stride[1] = 0;    // a column for all
      if (how == 3) e.b_stride[0] = 1, e.b_stride[1] = p.rows;  // transposed
      if (how == 4) {                                        // the left operand is the column
        e.a = in[1].data(), e.b = in_place ? y.data() : in[0].data();
        e.a_stride[0] = 1, e.a_stride[1] = 0, e.function = static_cast<Binary>(p.option % 3);  // not x / huge
      }
      run(e);
      return Arrays<T>{y};
    });
  walk.options = {0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 15, 16, 17, 18};
  walk.roundings = 1;
  walk_tables(walk, elementwise_variants, elementwise_f64_variants);
}

TEST_CASE("unary: all variants, forward and backward, all functions") {
  auto forward = walk_of<UnaryForward>("unary", [](const Problem& p) {
      return Arrays<double>{p.option == static_cast<int>(Unary::log) ? positive(matrix(p, 32)) : matrix(p, 32)};
    },
    []<class T>(void (*run)(const UnaryForward<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> y = in_place ? in[0] : zeros<T>(p.rows * p.width);
      run({static_cast<Unary>(p.option), in_place ? y.data() : in[0].data(), y.data(), p.rows * p.width});
      return Arrays<T>{y};
    });
  forward.options = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  forward.kinds = {Kind::plain, Kind::constant_rows};
  forward.rows = {1, 3, 33};
  walk_tables(forward, unary_variants, unary_f64_variants);

  auto backward = walk_of<UnaryBackward>("unary_backward", [](const Problem& p) {
      Doubles known = matrix({p.rows, p.width}, 33);
      for (double& k : known) k = p.option == static_cast<int>(Unary::log) ? std::abs(k) + 0.25 : k / 2;
      return Arrays<double>{converted<double>(converted<float>(Arrays<double>{known}))[0], matrix(p, 34)};
    },
    []<class T>(void (*run)(const UnaryBackward<T>&), const Problem& p, Arrays<T> in, bool in_place) {
      std::vector<T> dx = in_place ? in[1] : zeros<T>(p.rows * p.width);
      run({static_cast<Unary>(p.option), in[0].data(), in[0].data(), in_place ? dx.data() : in[1].data(), dx.data(), p.rows * p.width});
      return Arrays<T>{dx};
    });
  backward.options = forward.options;
  backward.rows = {1, 3, 33};
  walk_tables(backward, unary_backward_variants, unary_backward_f64_variants);
}
