#include "tensor/ops/losses.h"

#include "kernels/latent/latent.h"
#include "kernels/losses/losses.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/matmul.h"
#include "tensor/ops/normalise.h"
#include "tensor/ops/shape.h"
#include "tensor/ops/softmax.h"
#include "tensor/ops/unary.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// The derivative times the gradient that comes in. Losses mostly stand last, where that is 1; a device is not waited for to know.
Tensor times(const Tensor& derivative, const Tensor& dy) {
  if (dy.device() != Device::cpu) return mul(derivative, dy);
  const double factor = dy.item();
  return factor == 1 ? derivative : scale(derivative, factor);
}

void require_like(std::string_view what, const Tensor& t, const Tensor& model) {
  require_shape(what, t, model.shape());
  require_same_dtype(what, t, model);
}

Tensor block_sums(int64_t n) { return Tensor::empty({n / losses_block + 1}, DType::f64); }

// A table for the type that is computed in.
template <class T, class F, class D> const auto& table_of(const F& f32, const D& f64) {
  if constexpr (std::is_same_v<T, float>) return f32;
  else return f64;
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {  // (N, C), (N)
  require_rank("cross_entropy: logits", logits, 2);
  require_shape("cross_entropy: labels", labels, {logits.dim(0)});
  const int64_t n = logits.dim(0), classes = logits.dim(1);
  if (n == 0) fail(ErrorKind::internal, std::string("cross_entropy: no rows"));
  const Tensor label = labels.on(Device::cpu).to(DType::i64).contiguous();  // (N): the picking is done on the CPU
  for (const int64_t l : label.span<int64_t>())
    if (l < 0 || l >= classes) fail(ErrorKind::internal, "cross_entropy: label {} is outside [0, {})", l, classes);
  const Tensor log_p = log_softmax(logits.detached()).contiguous();
  return dispatch("cross_entropy", logits.dtype(), [&]<class T>() {
    const Tensor here = log_p.on(Device::cpu);
    const int64_t* l = label.span<int64_t>().data();
    const T* p = here.span<T>().data();
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum -= static_cast<double>(p[i * classes + l[i]]);
    const Tensor y = Tensor::scalar(sum / static_cast<double>(n), logits.dtype());
    return record("cross_entropy", y, {logits}, [log_p, label, n, classes](const Tensor& dy) {
      Tensor dx = exp(log_p).on(Device::cpu);  // (softmax - one-hot) dy / N
      const T factor = static_cast<T>(dy.item() / static_cast<double>(n));
      const int64_t* l = label.span<int64_t>().data();
      T* g = dx.span<T>().data();
      for (int64_t i = 0; i < n; i++) g[i * classes + l[i]] -= 1;
      for (int64_t i = 0; i < n * classes; i++) g[i] *= factor;
      return std::vector<Tensor>{dx.on(compute_device())};
    });
  });
}

Tensor binary_cross_entropy_sum(const Tensor& p, const Tensor& target) {
  require_like("binary_cross_entropy_sum: target", target, p);
  return dispatch("binary_cross_entropy_sum", p.dtype(), [&]<class T>() {
    const Tensor x = p.contiguous(), t = target.contiguous();
    const bool wanted = recording() && p.tracked();
    Tensor dp = wanted ? Tensor::empty(p.shape(), p.dtype()) : Tensor();
    Tensor sums = block_sums(x.numel()), total = Tensor::empty({}, dtype_of<T>);
    table_of<T>(binary_cross_entropy_variants, binary_cross_entropy_f64_variants)(
        {x.data<T>(), t.data<T>(), wanted ? dp.data<T>() : nullptr, x.numel(), sums.data<double>(), total.template data<T>()});
    return record("binary_cross_entropy_sum", total, {p},
                  [dp](const Tensor& dy) { return std::vector<Tensor>{times(dp, dy)}; });
  });
}

Tensor squared_error_sum(const Tensor& a, const Tensor& b) {
  require_like("squared_error_sum: second operand", b, a);
  return dispatch("squared_error_sum", a.dtype(), [&]<class T>() {
    const Tensor x = a.contiguous(), t = b.contiguous();
    const bool wanted = recording() && (a.tracked() || b.tracked());
    Tensor da = wanted ? Tensor::empty(a.shape(), a.dtype()) : Tensor();
    Tensor sums = block_sums(x.numel()), total = Tensor::empty({}, dtype_of<T>);
    table_of<T>(squared_error_variants, squared_error_f64_variants)(
        {x.data<T>(), t.data<T>(), wanted ? da.data<T>() : nullptr, x.numel(), sums.data<double>(), total.template data<T>()});
    return record("squared_error_sum", total, {a, b},
                  [da, first = a.tracked(), second = b.tracked()](const Tensor& dy) {
                    const Tensor g = times(da, dy);
                    return std::vector<Tensor>{first ? g : Tensor(), second ? scale(g, -1) : Tensor()};
                  });
  });
}

Tensor kl_gaussian(const Tensor& mu, const Tensor& logvar) {
  require_like("kl_gaussian: logvar", logvar, mu);
  return dispatch("kl_gaussian", mu.dtype(), [&]<class T>() {
    const Tensor m = mu.detached().contiguous(), lv = logvar.contiguous(), e = exp(lv.detached());
    const bool wanted = recording() && (mu.tracked() || logvar.tracked());
    Tensor dlogvar = wanted ? Tensor::empty(mu.shape(), mu.dtype()) : Tensor();
    Tensor sums = block_sums(m.numel()), total = Tensor::empty({}, dtype_of<T>);
    table_of<T>(kl_gaussian_variants, kl_gaussian_f64_variants)(
        {m.data<T>(), lv.data<T>(), e.data<T>(), wanted ? dlogvar.data<T>() : nullptr, m.numel(), sums.data<double>(), total.template data<T>()});
    return record("kl_gaussian", total, {mu, logvar}, [m, dlogvar](const Tensor& dy) {
      return std::vector<Tensor>{times(m, dy), times(dlogvar, dy)};
    });
  });
}

Tensor reparameterise(const Tensor& mu, const Tensor& logvar, const Tensor& noise) {
  require_like("reparameterise: logvar", logvar, mu);
  require_like("reparameterise: noise", noise, mu);
  const Tensor deviation = exp(scale(logvar.detached(), 0.5)), e = noise.detached();
  const Tensor z = add(mu.detached(), mul(deviation, e));
  return record("reparameterise", z, {mu, logvar, noise}, [=, wants_noise = noise.tracked()](const Tensor& dz) {
    const Tensor dlogvar = mul(mul(dz, e), scale(deviation, 0.5));
    return std::vector<Tensor>{dz, dlogvar, wants_noise ? mul(dz, deviation) : Tensor()};
  });
}

LatentCode latent_code(const Tensor& mu, const Tensor& logvar, const Tensor& noise) {
  require_like("latent_code: logvar", logvar, mu);
  require_like("latent_code: noise", noise, mu);
  if (noise.tracked()) fail(ErrorKind::internal, std::string("latent_code: the noise is a constant; reparameterise() has its gradient"));
  const Tensor m = mu.detached().contiguous(), lv = logvar.detached().contiguous(), e = noise.contiguous();
  LatentCode code{Tensor::empty(mu.shape(), mu.dtype()), Tensor::empty({}, mu.dtype())};
  dispatch("latent_code", mu.dtype(), [&]<class T>() {
    Tensor sums = block_sums(m.numel());
    table_of<T>(latent_variants, latent_f64_variants)(
        {m.data<T>(), lv.data<T>(), e.data<T>(), code.z.data<T>(), m.numel(), sums.data<double>(), code.divergence.data<T>()});
  });
  record("latent_code", {&code.z, &code.divergence}, {mu, logvar}, [m, lv, e](const std::vector<Tensor>& dys) {
    const Tensor dz = dys[0].defined() ? dys[0] : Tensor::zeros(m.shape(), m.dtype());
    const Tensor weight = dys[1].defined() ? dys[1] : Tensor::zeros({}, m.dtype());
    Tensor dmu = Tensor::empty(m.shape(), m.dtype()), dlogvar = Tensor::empty(m.shape(), m.dtype());
    dispatch("latent_code", m.dtype(), [&]<class T>() {
      table_of<T>(latent_backward_variants, latent_backward_f64_variants)(
          {m.data<T>(), lv.data<T>(), e.data<T>(), dz.data<T>(), dmu.data<T>(), dlogvar.data<T>(), m.numel(), T{0}, weight.data<T>()});
    });
    return std::vector<Tensor>{dmu, dlogvar};
  });
  return code;
}

Tensor clip_contrastive(const Tensor& image, const Tensor& text, const Tensor& logit_scale) {
  require_rank("clip_contrastive: image", image, 2);
  require_shape("clip_contrastive: text", text, image.shape());
  std::vector<int64_t> diagonal(static_cast<size_t>(image.dim(0)));
  for (size_t i = 0; i < diagonal.size(); i++) diagonal[i] = static_cast<int64_t>(i);
  const Tensor labels = Tensor::from(diagonal, {image.dim(0)});
  const Tensor cosine = matmul(l2_normalise(image), l2_normalise(text), false, true);  // (N, N)
  const Tensor logits = mul(cosine, exp(logit_scale));
  return scale(add(cross_entropy(logits, labels), cross_entropy(transpose(logits, 0, 1), labels)), 0.5);
}

}  // namespace ceir
