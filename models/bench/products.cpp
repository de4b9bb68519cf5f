// Matrix products and attention.
#include <cmath>

#include "kernels/attention/attention.h"
#include "kernels/cosines/cosines.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/packed.h"
#include "models/bench/cases.h"

namespace ceir {
namespace {




// y (m, n) = x (m, k) W^T, W (n, k) as a linear layer keeps it, on the CPU packed too, as a frozen one is; with an activation,
// f(x W^T + bias), which vendors' plain products do not have.
void linear_case(BenchCases& c, const std::string& model, const char* what, int64_t m, int64_t k, int64_t n, Unary activation = Unary::none) {
  c.add(gemm_variants, gemm_f64_variants, model, fmt::format("{} {}x{} -> {}{}{}", what, m, k, n, activation == Unary::none ? "" : " ", activation == Unary::none ? "" : name_of(activation)), {2 * real(m) * real(n) * real(k), 4 * (real(m) * real(k) + real(k) * real(n) + real(m) * real(n) + real(n))},
        [=]<class T>(BenchArrays& a) {
          const T* x = a.normal<T>(m * k);
          const std::vector<T> w = BenchArrays::converted<T>(a.drawn(n * k, 1 / std::sqrt(real(k)), 0));
          Gemm<T> g{.a = x, .a_row = k, .a_col = 1, .b = a.of(w), .b_row = 1, .b_col = k, .c = nullptr, .c_row = n, .m = m, .n = n, .k = k};
          if (activation != Unary::none) g.bias = a.normal<T>(n), g.activation = activation;
          if (const int64_t width = a.device() == Device::cpu ? gemm_panel_width<T>() : 0; width > 0) {
            std::vector<T> panels(static_cast<size_t>(packed_size(k, n, width)));
            pack_b(w.data(), int64_t{1}, k, k, n, width, panels.data());
            g.packed = a.of(panels), g.panel_width = width;
          }
          g.c = a.result<T>(m * n);
          return g;
        });
}

// dW (n, k) = dy^T x, summed over the rows: what training adds.
void weight_gradient_case(BenchCases& c, const std::string& model, int64_t m, int64_t k, int64_t n) {
  c.add(gemm_variants, gemm_f64_variants, model, fmt::format("dW {}x{} -> {}", n, m, k), {2 * real(m) * real(n) * real(k), 4 * (real(m) * real(k) + real(k) * real(n) + real(m) * real(n))},
        [=]<class T>(BenchArrays& a) {
          const T* dy = a.normal<T>(m * n);
          const T* x = a.normal<T>(m * k);
          return Gemm<T>{.a = dy, .a_row = 1, .a_col = n, .b = x, .b_row = k, .b_col = 1, .c = a.result<T>(n * k), .c_row = k, .m = n, .n = k, .k = m};
        });
}

}  // namespace

void add_gemm(BenchCases& c) {
  for (const VaeSizes& v : c.sizes.vaes) {
    linear_case(c, v.model, "encoder", v.rows, v.concepts, v.hidden);
    linear_case(c, v.model, "mu", v.rows, v.hidden, v.latent);
    linear_case(c, v.model, "decoder", v.rows, v.hidden, v.concepts);
    weight_gradient_case(c, v.model, v.rows, v.concepts, v.hidden);
  }
  for (const BottleneckSizes& b : c.sizes.bottlenecks) linear_case(c, b.model, "concepts", std::min<int64_t>(b.rows, 5000), b.features, b.concepts);
  for (const TowerSizes& t : c.sizes.towers) {
    linear_case(c, t.model, "qkv", t.rows(), t.width, 3 * t.width);
    linear_case(c, t.model, "out", t.rows(), t.width, t.width);
    linear_case(c, t.model, "up", t.rows(), t.width, t.intermediate);
    linear_case(c, t.model, "up", t.rows(), t.width, t.intermediate, t.activation);
    linear_case(c, t.model, "down", t.rows(), t.intermediate, t.width);
    if (t.patch > 0) linear_case(c, t.model, "patches", t.batch * (t.tokens - 1), 3 * t.patch * t.patch, t.width);
    linear_case(c, t.model, "projection", t.batch, t.width, t.projection);
  }
}

void add_attention(BenchCases& c) {
  for (const TowerSizes& t : c.sizes.towers) {
    const int64_t batch = t.batch, heads = t.heads, tokens = t.tokens, size = t.head_width(), width = t.width;
    const bool causal = t.text;
    const double pairs = real(batch * heads) * (causal ? real(tokens) * real(tokens + 1) / 2 : real(tokens) * real(tokens));
    const std::string shape = fmt::format("{} x {} heads, {} x {}{}", batch, heads, tokens, size, causal ? " causal" : "");
    const HeadStrides in{tokens * 3 * width, size, 3 * width}, out{tokens * width, size, width};
    const auto forward = [=]<class T>(BenchArrays& a, bool for_backward) {
      const T* x = a.normal<T>(batch * tokens * 3 * width);
      const int64_t n = batch * tokens * width, sums = batch * heads * tokens;
      return Attention<T>{.q = x, .q_at = in, .k = x + width, .k_at = in, .v = x + 2 * width, .v_at = in, .o = for_backward ? a.scratch<T>(n) : a.result<T>(n), .o_at = out,
                          .batch = batch, .heads = heads, .queries = tokens, .keys = tokens, .size = size, .scale = static_cast<T>(1 / std::sqrt(real(size))), .causal = causal,
                          .logsumexp = for_backward ? a.scratch<T>(sums) : nullptr};
    };
    c.add(attention_variants, attention_f64_variants, t.model, shape, {4 * pairs * real(size), 16 * real(batch * tokens) * real(width)},
          [=]<class T>(BenchArrays& a) { return forward.template operator()<T>(a, false); });
    if (t.model != "b32" && t.model != "text" && t.model != "tiny") continue;  // the largest that train-clip is used for
    c.add(attention_backward_variants, attention_backward_f64_variants, t.model, shape, {10 * pairs * real(size), 32 * real(batch * tokens) * real(width)},
          [=]<class T>(BenchArrays& a) {
            const Attention<T> f = forward.template operator()<T>(a, true);
            if constexpr (std::is_same_v<T, float>) attention_variants(f, a.device());
            else attention_f64_variants(f, a.device());
            const int64_t n = batch * tokens * width;
            const T* given = a.normal<T>(n);
            return AttentionBackward<T>{.forward = f, .d_o = given, .do_at = out, .dq = a.result<T>(n), .dq_at = out, .dk = a.result<T>(n), .dk_at = out, .dv = a.result<T>(n), .dv_at = out};
          }, 5e-5);
  }
}

// The teacher of the bottleneck: pictures by concepts.
void add_cosines(BenchCases& c) {
  for (const BottleneckSizes& b : c.sizes.bottlenecks) {
    const int64_t n = b.rows, k = b.concepts, width = b.features;
    c.add(cosines_variants, cosines_f64_variants, b.model, fmt::format("{} by {}, of {}", n, k, width),
          {2 * real(n) * real(k) * real(width), 4 * (real(n + k) * real(width) + real(n) * real(k))}, [=]<class T>(BenchArrays& a) {
            const T *x = a.normal<T>(n * width), *w = a.normal<T>(k * width);
            return Cosines<T>{x, w, a.result<T>(n * k), n, k, width};
          });
  }
}

}  // namespace ceir
