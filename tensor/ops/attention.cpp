#include "tensor/ops/attention.h"

#include <cmath>
#include <vector>

#include "kernels/attention/attention.h"
#include "tensor/ops/matmul.h"
#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

void run(const Attention<float>& a) { attention_variants(a); }
void run(const Attention<double>& a) { attention_f64_variants(a); }
void run(const AttentionBackward<float>& a) { attention_backward_variants(a); }
void run(const AttentionBackward<double>& a) { attention_backward_f64_variants(a); }

Tensor dense_last(const Tensor& x) { return x.stride(-1) == 1 || x.dim(-1) <= 1 ? x.detached() : x.clone(); }
HeadStrides strides_of(const Tensor& x) { return {x.stride(0), x.stride(1), x.stride(2)}; }

// (B, H, T, D) laid out in memory as (B, T, H, D), so that joining the heads copies nothing.
Tensor heads_inside(int64_t b, int64_t h, int64_t t, int64_t d, DType dtype) {
  return Tensor::empty({b, t, h, d}, dtype).view({b, h, t, d}, {t * h * d, d, h * d, 1}, 0);
}

// (B, 1, 1, S) of any type -> bytes (B, S).
Tensor mask_bytes(const Tensor& mask, int64_t batch, int64_t keys) {
  if (mask.numel() != batch * keys)
    fail(ErrorKind::internal, "attention: the mask is {}, expected ({}, 1, 1, {})", mask.shape().str(), batch, keys);
  const std::vector<double> values = mask.values();
  std::vector<uint8_t> bytes;
  for (const double v : values) bytes.push_back(v != 0);
  return Tensor::from(bytes, {batch, keys});
}

// What the kernel reads and writes; saved whole for backward.
struct Operands {
  Tensor q, k, v, o;       // (B, H, T or S, D)
  Tensor seen, logsumexp;  // (B, S) and (B, H, T), or undefined
  bool causal;
};

template <class T>
Attention<T> arguments(const Operands& x) {
  Tensor o = x.o, logsumexp = x.logsumexp;
  return {.q = x.q.data<T>(), .q_at = strides_of(x.q), .k = x.k.data<T>(), .k_at = strides_of(x.k),
          .v = x.v.data<T>(), .v_at = strides_of(x.v), .o = o.data<T>(), .o_at = strides_of(o),
          .batch = x.q.dim(0), .heads = x.q.dim(1), .queries = x.q.dim(2), .keys = x.k.dim(2), .size = x.q.dim(3),
          .scale = static_cast<T>(1 / std::sqrt(static_cast<double>(x.q.dim(3)))), .causal = x.causal,
          .mask = x.seen.defined() ? x.seen.data<uint8_t>() : nullptr,
          .logsumexp = logsumexp.defined() ? logsumexp.data<T>() : nullptr};
}

}  // namespace

Tensor attention(const Tensor& q_in, const Tensor& k_in, const Tensor& v_in, bool causal, const Tensor& mask) {
  require_rank("attention: q", q_in, 4);
  const int64_t B = q_in.dim(0), H = q_in.dim(1), T_ = q_in.dim(2), D = q_in.dim(3);
  require_rank("attention: k", k_in, 4);
  const int64_t S = k_in.dim(2);
  require_shape("attention: k", k_in, {B, H, S, D});
  require_shape("attention: v", v_in, {B, H, S, D});
  require_same_dtype("attention", q_in, k_in);
  require_same_dtype("attention", q_in, v_in);
  if (causal && T_ != S) fail(ErrorKind::internal, "attention: causal needs as many keys ({}) as queries ({})", S, T_);
  const Tensor q = dense_last(q_in), k = dense_last(k_in), v = dense_last(v_in);
  const Tensor seen = mask.defined() ? mask_bytes(mask, B, S) : Tensor();
  Tensor y = heads_inside(B, H, T_, D, q.dtype());
  const bool saves = recording() && (q_in.tracked() || k_in.tracked() || v_in.tracked());
  Tensor logsumexp = saves ? Tensor::empty({B, H, T_}, q.dtype()) : Tensor();

  const Operands operands{q, k, v, y, seen, logsumexp, causal};
  dispatch("attention", q.dtype(), [&]<class T>() { run(arguments<T>(operands)); });
  if (!saves) return y;
  return record("attention", y, {q_in, k_in, v_in}, [=](const Tensor& dy_in) -> std::vector<Tensor> {
    const Tensor dy = dense_last(dy_in);
    Tensor dq = heads_inside(B, H, T_, D, dy.dtype());
    Tensor dk = heads_inside(B, H, S, D, dy.dtype()), dv = heads_inside(B, H, S, D, dy.dtype());
    dispatch("attention", dy.dtype(), [&]<class T>() {
      run(AttentionBackward<T>{.forward = arguments<T>(operands), .d_o = dy.data<T>(), .do_at = strides_of(dy),
                               .dq = dq.data<T>(), .dq_at = strides_of(dq), .dk = dk.data<T>(), .dk_at = strides_of(dk),
                               .dv = dv.data<T>(), .dv_at = strides_of(dv)});
    });
    return {dq, dk, dv};
  });
}

Tensor multihead_attention(const Tensor& x, const Tensor& in_weight, const Tensor& in_bias, const Tensor& out_weight,
                           const Tensor& out_bias, int64_t heads, bool causal, const Tensor& mask) {
  require_rank("multihead_attention: x", x, 3);
  const int64_t B = x.dim(0), T = x.dim(1), C = x.dim(2);
  if (heads < 1 || C % heads != 0)
    fail(ErrorKind::internal, "multihead_attention: width {} is not a multiple of {} heads", C, heads);
  const Tensor qkv = linear(x, in_weight, in_bias);  // (B, T, 3C)
  const auto head_view = [&](int64_t part) {         // (B, H, T, D)
    return permute(reshape(slice(qkv, 2, part * C, (part + 1) * C), {B, T, heads, C / heads}), {0, 2, 1, 3});
  };
  const Tensor joined = attention(head_view(0), head_view(1), head_view(2), causal, mask);  // (B, H, T, D)
  return linear(reshape(permute(joined, {0, 2, 1, 3}), {B, T, C}), out_weight, out_bias);   // (B, T, C)
}

}  // namespace ceir
