#include "kernels/cos_cubed/cos_cubed.h"

#include "tensor/ops/elementwise.h"
#include "tensor/ops/losses.h"
#include "tensor/ops/reduce.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

template <class T> const auto& forward_table() {
  if constexpr (std::is_same_v<T, float>) return cos_cubed_variants;
  else return cos_cubed_f64_variants;
}
template <class T> const auto& backward_table() {
  if constexpr (std::is_same_v<T, float>) return cos_cubed_backward_variants;
  else return cos_cubed_backward_f64_variants;
}

template <class T> const auto& step_table() {
  if constexpr (std::is_same_v<T, float>) return cos_cubed_step_variants;
  else return cos_cubed_step_f64_variants;
}

void require_operands(const Tensor& q, const Tensor& p) {
  require_rank("cos_cubed: q", q, 2);
  require_shape("cos_cubed: p", p, q.shape());
  require_same_dtype("cos_cubed", q, p);
  if (q.dim(0) < 2) fail(ErrorKind::internal, "cos_cubed: {} rows have no spread; at least 2 are needed", q.dim(0));
}

}  // namespace

Tensor cos_cubed(const Tensor& q, const Tensor& p) {  // (N, K), (N, K) -> (K)
  require_operands(q, p);
  const int64_t rows = q.dim(0), columns = q.dim(1);
  return dispatch("cos_cubed", q.dtype(), [&]<class T>() {
    const Tensor x = q.detached().contiguous(), t = p.detached().contiguous();
    const int64_t blocks = (rows + cos_cubed_block - 1) / cos_cubed_block;
    const DType dtype = q.dtype();
    Tensor s = Tensor::empty({columns}, dtype), mean_q = Tensor::empty({columns}, dtype), mean_p = Tensor::empty({columns}, dtype);
    Tensor norm_q = Tensor::empty({columns}, DType::f64), norm_p = Tensor::empty({columns}, DType::f64);
    Tensor sums = Tensor::empty({3 * blocks * columns}, DType::f64);
    forward_table<T>()({x.data<T>(), t.data<T>(), rows, columns, s.data<T>(), mean_q.data<T>(), mean_p.data<T>(),
                        norm_q.data<double>(), norm_p.data<double>(), sums.data<double>()});
    return record("cos_cubed", s, {q, p}, [=, wants_q = q.tracked(), wants_p = p.tracked()](const Tensor& ds) {
      const Tensor g = ds.contiguous();
      Tensor scratch = Tensor::empty({(blocks + 3) * columns}, DType::f64);
      const auto gradient = [&](const Tensor& of, const Tensor& other, const Tensor& mean_of, const Tensor& mean_other,
                                const Tensor& norm_of, const Tensor& norm_other) {
        Tensor d = Tensor::empty(of.shape(), dtype);
        backward_table<T>()({of.data<T>(), other.data<T>(), rows, columns, s.data<T>(), g.data<T>(), mean_of.data<T>(),
                             mean_other.data<T>(), norm_of.data<double>(), norm_other.data<double>(), d.data<T>(),
                             scratch.data<double>()});
        return d;
      };
      Tensor dq, dp;
      if (wants_q) dq = gradient(x, t, mean_q, mean_p, norm_q, norm_p);
      if (wants_p) dp = gradient(t, x, mean_p, mean_q, norm_p, norm_q);
      return std::vector<Tensor>{dq, dp};
    });
  });
}

// Where q alone is trained, the derivative by each similarity is known beforehand, and forward and backward are one kernel.
Tensor cos_cubed_loss(const Tensor& q, const Tensor& p) {
  if (!recording() || !q.tracked() || p.tracked()) return scale(mean(cos_cubed(q, p)), -1);
  require_operands(q, p);
  const int64_t rows = q.dim(0), columns = q.dim(1);
  return dispatch("cos_cubed", q.dtype(), [&]<class T>() {
    const Tensor x = q.detached().contiguous(), t = p.contiguous();
    Tensor s = Tensor::empty({columns}, q.dtype()), dq = Tensor::empty(q.shape(), q.dtype());
    const T ds = static_cast<T>(-1 / static_cast<double>(columns));
    step_table<T>()({x.data<T>(), t.data<T>(), rows, columns, ds, s.data<T>(), dq.data<T>()});
    return record("cos_cubed_loss", scale(mean(s), -1), {q, p}, [dq](const Tensor& dy) {
      const double factor = dy.item();  // a loss mostly stands last, where it is 1
      return std::vector<Tensor>{factor == 1 ? dq : scale(dq, factor), Tensor()};
    });
  });
}

}  // namespace ceir
