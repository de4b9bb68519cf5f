// What towers do row by row and element by element.
#include <array>

#include "kernels/copy/copy.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/layernorm/layernorm.h"
#include "kernels/normalise/normalise.h"
#include "kernels/softmax/softmax.h"
#include "kernels/unary/unary.h"
#include "models/bench/cases.h"

namespace ceir {
namespace {


// Towers whose gradients are measured too: the largest that train-clip is used for.
bool is_trained(const TowerSizes& t) { return t.model == "b32" || t.model == "text" || t.model == "tiny"; }

}  // namespace

// One image's scores: within a tower they are part of attention.
void add_softmax(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers) {
    const int64_t rows = t.heads * t.tokens, width = t.tokens, period = t.text ? t.tokens : 0, n = rows * width;
    const std::string shape = fmt::format("{} x {}{}", rows, width, t.text ? " causal" : "");
    c.add(softmax_variants, softmax_f64_variants, t.model, shape, {5 * real(n), 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(n);
      return Softmax<T>{.x = x, .y = a.result<T>(n), .rows = rows, .width = width, .causal_period = period};
    });
    if (!is_trained(t)) continue;
    c.add(softmax_backward_variants, softmax_backward_f64_variants, t.model, fmt::format("{} x {}", rows, width), {4 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* y = a.normal<T>(n, 0.3 / real(width), 1 / real(width));
      const T* dy = a.normal<T>(n);
      return SoftmaxBackward<T>{.y = y, .dy = dy, .dx = a.result<T>(n), .rows = rows, .width = width};
    });
  }
}

void add_layernorm(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers) {
    const int64_t rows = t.rows(), width = t.width, n = rows * width;
    const std::string shape = fmt::format("{} x {}", rows, width);
    c.add(layernorm_variants, layernorm_f64_variants, t.model, shape, {8 * real(n), 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(n), *gain = a.normal<T>(width), *bias = a.normal<T>(width);
      return LayerNorm<T>{.x = x, .gain = gain, .bias = bias, .y = a.result<T>(n), .mean = nullptr, .rstd = nullptr, .rows = rows, .width = width, .eps = 1e-5};
    });
    if (!is_trained(t)) continue;
    c.add(layernorm_backward_variants, layernorm_backward_f64_variants, t.model, shape, {14 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(n), *gain = a.normal<T>(width), *mean = a.normal<T>(rows, 0.02), *rstd = a.normal<T>(rows, 0.02, 1), *dy = a.normal<T>(n);
      return LayerNormBackward<T>{.x = x, .gain = gain, .mean = mean, .rstd = rstd, .dy = dy, .dx = a.result<T>(n), .dgain = a.result<T>(width), .dbias = a.result<T>(width), .rows = rows, .width = width};
    });
  }
}

void add_normalise(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers) {
    const int64_t rows = t.batch, width = t.projection, n = rows * width;
    const std::string shape = fmt::format("{} x {}", rows, width);
    c.add(normalise_variants, normalise_f64_variants, t.model, shape, {3 * real(n), 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(n);
      return Normalise<T>{.x = x, .y = a.result<T>(n), .norm = a.result<T>(rows), .rows = rows, .width = width};
    });
    if (!is_trained(t)) continue;
    c.add(normalise_backward_variants, normalise_backward_f64_variants, t.model, shape, {5 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *y = a.normal<T>(n, 0.04), *norm = a.normal<T>(rows, 0.1, 2), *dy = a.normal<T>(n);
      return NormaliseBackward<T>{.y = y, .norm = norm, .dy = dy, .dx = a.result<T>(n), .rows = rows, .width = width};
    });
  }
}

void add_unary(BenchCases& c) {
  const auto one = [&c](const std::string& model, Unary f, int64_t rows, int64_t width, bool backward) {
    const int64_t n = rows * width;
    const std::string shape = fmt::format("{} {} x {}", name_of(f), rows, width);
    c.add(unary_variants, unary_f64_variants, model, shape, {10 * real(n), 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(n);
      return UnaryForward<T>{.function = f, .x = x, .y = a.result<T>(n), .n = n};
    });
    if (!backward) return;
    c.add(unary_backward_variants, unary_backward_f64_variants, model, shape, {12 * real(n), 12 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(n), *y = a.normal<T>(n), *dy = a.normal<T>(n);
      return UnaryBackward<T>{.function = f, .x = x, .y = y, .dy = dy, .dx = a.result<T>(n), .n = n};
    });
  };
  for (const VaeSizes& v : c.sizes.vaes) one(v.model, Unary::relu, v.rows, v.hidden, true);
  for (const TowerSizes& t : c.sizes.towers) {
    one(t.model, t.activation, t.rows(), t.intermediate, is_trained(t));
    if (is_trained(t) && !t.text) one(t.model, Unary::gelu_erf, t.rows(), t.intermediate, false);  // LAION's weights
  }
}

// Positions on every image's tokens, and a bias on every row.
void add_elementwise(BenchCases& c) {
  const auto repeated = [&c](const std::string& model, const char* what, int64_t times, int64_t n) {
    c.add(elementwise_variants, elementwise_f64_variants, model, fmt::format("{} {} x {}", what, times, n), {real(times * n), 8 * real(times * n) + 4 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T *x = a.normal<T>(times * n), *b = a.normal<T>(n);
      return Elementwise<T>{Binary::add, x, b, a.result<T>(times * n), 2, {times, n}, {n, 1}, {0, 1}};
    });
  };
  for (const VaeSizes& v : c.sizes.vaes) repeated(v.model, "bias", v.rows, v.hidden);
  for (const TowerSizes& t : c.sizes.towers) repeated(t.model, "positions", t.batch, t.tokens * t.width);
}

void add_embedding(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers) {
    if (!t.text) continue;
    const int64_t n = t.rows(), width = t.width, vocabulary = t.vocabulary, tokens = t.tokens;
    const std::string shape = fmt::format("{} of {} x {}", n, vocabulary, width);
    const auto ids = [=](BenchArrays& a) {
      std::vector<int64_t> v;
      for (int64_t i = 0; i < n; i++) v.push_back(i % tokens < 6 ? (i * 7919 + 11) % vocabulary : vocabulary - 1);  // a short text and its padding
      return a.of(v);
    };
    c.add(embedding_variants, embedding_f64_variants, t.model, shape, {0, 8 * real(n * width) + 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* table = a.normal<T>(vocabulary * width);
      const int64_t* of = ids(a);
      return Embedding<T>{table, of, a.result<T>(n * width), n, width};
    }, 0);
    if (!is_trained(t)) continue;
    c.add(embedding_backward_variants, embedding_backward_f64_variants, t.model, shape, {real(n * width), 12 * real(n * width) + 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* dy = a.normal<T>(n * width);
      const int64_t* of = ids(a);
      return EmbeddingBackward<T>{dy, of, a.changed<T>(vocabulary * width), n, width};
    });
  }
}

// Heads to the front, as gradients are brought back and views made dense.
void add_copy(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers) {
    const int64_t batch = t.batch, tokens = t.tokens, heads = t.heads, size = t.head_width(), n = t.rows() * t.width;
    c.add(copy_variants, t.model, fmt::format("({0}, {1}, {2}, {3}) -> ({0}, {2}, {1}, {3})", batch, tokens, heads, size), {0, 8 * real(n)}, [=]<class T>(BenchArrays& a) {
      const T* x = a.normal<T>(n);
      T* y = a.result<T>(n);
      return StridedCopy{x, y, sizeof(T), 4, {batch, heads, tokens, size}, {tokens * heads * size, size, heads * size, 1}, {tokens * heads * size, tokens * size, size, 1}};
    });
  }
}

}  // namespace ceir
