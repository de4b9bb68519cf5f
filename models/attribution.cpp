#include "models/attribution.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "models/check.h"
#include "tensor/ops.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// Share of the path over which c + t d > 0 for t in [0, 1].
template <class T> T share_on(T c, T d) {
  const T end = c + d;
  if (c > 0) return end > 0 ? 1 : c / (c - end);
  return end > 0 ? end / (end - c) : 0;
}

Tensor baseline_row(const PathOptions& options, const Tensor& like) {
  const int64_t k = like.dim(1);
  if (!options.baseline.defined()) return Tensor::zeros({1, k}, like.dtype());
  if (options.baseline.numel() != k)
    bad_input("attribution: the baseline has {} values, expected {}", options.baseline.numel(), k);
  return options.baseline.to(like.dtype()).reshaped({1, k});
}

// The products, on the device that computes; everything around them is small.
Tensor product(const Tensor& a, const Tensor& b) {
  const ComputeOn device(stage_device_for(a.dtype()));
  return matmul(a.on(compute_device()), b.on(compute_device())).on(Device::cpu);
}
Tensor layer(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const ComputeOn device(stage_device_for(x.dtype()));
  return linear(x.on(compute_device()), weight.on(compute_device()), bias.defined() ? bias.on(compute_device()) : bias).on(Device::cpu);
}

// Sum over the last dimension in double. (N, K) -> N
template <class T> double row_sum(const T* row, int64_t k) {
  double sum = 0;
  for (int64_t i = 0; i < k; i++) sum += static_cast<double>(row[i]);
  return sum;
}

}  // namespace

EncoderPath::EncoderPath(const Vae& vae) : level_(vae.present_above()) {
  const Vae::Half& e = vae.encoder();
  first_weight_ = e.first_weight.detached().clone(), first_bias_ = e.first_bias.detached().clone();
  second_weight_ = e.second_weight.detached(), second_bias_ = e.second_bias.detached();
  const int64_t hidden = e.hidden(), k = e.in();
  dispatch("attribution", vae.precision(), [&]<class T>() {
    for (int64_t h = 0; h < hidden; h++) {  // gain (x - mean) / sqrt(var + eps) + bias
      const double factor = static_cast<double>(e.gain.data<T>()[h]) / std::sqrt(static_cast<double>(e.running_var.data<T>()[h]) + 1e-5);
      for (int64_t i = 0; i < k; i++) {
        T& w = first_weight_.data<T>()[h * k + i];
        w = static_cast<T>(factor * static_cast<double>(w));
      }
      T& b = first_bias_.data<T>()[h];
      b = static_cast<T>(factor * (static_cast<double>(b) - static_cast<double>(e.running_mean.data<T>()[h])) + static_cast<double>(e.bias.data<T>()[h]));
    }
  });
}

Tensor EncoderPath::seen(const Tensor& x) const { return presence_above(x.to(first_weight_.dtype()).contiguous(), level_); }

Tensor EncoderPath::outputs_of_seen(const Tensor& y) const {
  return layer(relu(layer(y, first_weight_, first_bias_)), second_weight_, second_bias_);
}

Tensor EncoderPath::outputs(const Tensor& x) const {
  NoTape none;
  require_matrix("attribution: concept vectors", x, 0, concepts());
  return outputs_of_seen(seen(x));
}

Tensor EncoderPath::time_on(const Tensor& x, const PathOptions& options) const {
  const Tensor baseline = seen(baseline_row(options, x));
  const Tensor start = layer(baseline, first_weight_, first_bias_);            // (1, H) before the switch, t = 0
  const Tensor slope = layer(sub(x, baseline), first_weight_, Tensor());       // (N, H)
  Tensor on = Tensor::empty(slope.shape(), slope.dtype());
  const int64_t hidden = slope.dim(1);
  if (options.nodes < 0) usage_error("attribution: {} nodes; 0 is the exact integral", options.nodes);
  const Quadrature rule = options.nodes ? gauss_legendre(options.nodes) : Quadrature{};
  dispatch("attribution", x.dtype(), [&]<class T>() {
    // The t at which a unit switches lies between two nodes, so the sum of the weights on one side is all that is needed.
    std::vector<T> nodes, up_to{0};  // up_to[i] = weight of the first i nodes
    double sum = 0;
    for (size_t i = 0; i < rule.nodes.size(); i++) {
      nodes.push_back(static_cast<T>(rule.nodes[i]));
      sum += rule.weights[i];
      up_to.push_back(static_cast<T>(sum));
    }
    const auto share_of_nodes = [&](T c, T d) {
      T share = 0;
      if (d == 0) return c > 0 ? up_to.back() : T{0};
      const auto is_on = [&](T t) { return c + t * d > 0; };
      if (d > 0) {
        const auto first = std::partition_point(nodes.begin(), nodes.end(), [&](T t) { return !is_on(t); });
        share = up_to.back() - up_to[static_cast<size_t>(first - nodes.begin())];
      } else {
        const auto first_off = std::partition_point(nodes.begin(), nodes.end(), is_on);
        share = up_to[static_cast<size_t>(first_off - nodes.begin())];
      }
      return share;
    };
    parallel_for(x.dim(0), 64, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++)
        for (int64_t h = 0; h < hidden; h++) {
          const T c = start.data<T>()[h], d = slope.data<T>()[n * hidden + h];
          on.data<T>()[n * hidden + h] = options.nodes ? share_of_nodes(c, d) : share_on(c, d);
        }
    });
  });
  return on;
}

Attribution EncoderPath::integrated_gradients(const Tensor& x, const Tensor& functional, const PathOptions& options) const {
  NoTape none;
  require_matrix("attribution: concept vectors", x, 0, concepts());
  require_finite("attribution: concept vectors", x.to(first_weight_.dtype()));
  const Tensor input = seen(x);
  require_shape("attribution: functional", functional, {x.dim(0), second_weight_.dim(0)});
  const Tensor v = functional.to(first_weight_.dtype());                                // (N, 2L)
  const Tensor baseline = seen(baseline_row(options, input));
  const Tensor carried = mul(product(v, second_weight_), time_on(input, options));       // (N, H)
  const Tensor values = mul(product(carried, first_weight_), sub(input, baseline));      // (N, K)
  const Tensor f = mul(outputs_of_seen(input), v), f0 = mul(outputs_of_seen(baseline), v);             // (N, 2L)
  Attribution result{values, Tensor::empty({x.dim(0)}, values.dtype())};
  dispatch("attribution", values.dtype(), [&]<class T>() {
    const int64_t k = values.dim(1), outs = f.dim(1);
    for (int64_t n = 0; n < x.dim(0); n++)
      result.completeness_error.data<T>()[n] = static_cast<T>(row_sum(values.data<T>() + n * k, k) -
          (row_sum(f.data<T>() + n * outs, outs) - row_sum(f0.data<T>() + n * outs, outs)));
  });
  return result;
}

Attribution EncoderPath::integrated_gradients_of_mu(const Tensor& x, const PathOptions& options) const {
  NoTape none;
  require_matrix("attribution: concept vectors", x, 0, concepts());
  const int64_t n = x.dim(0), k = concepts(), l = latent(), hidden = first_weight_.dim(0);
  require_finite("attribution: concept vectors", x.to(first_weight_.dtype()));
  const Tensor input = seen(x);
  const Tensor baseline = seen(baseline_row(options, input)), delta = sub(input, baseline);   // (N, K)
  const Tensor on = reshape(time_on(input, options), {n, 1, hidden});
  const Tensor weight = reshape(second_weight_.rows(0, l), {1, l, hidden});
  const Tensor gradients = reshape(product(reshape(mul(on, weight), {n * l, hidden}), first_weight_), {n, l, k});
  Attribution result{mul(gradients, reshape(delta, {n, 1, k})), {}};                    // (N, L, K)
  const Tensor change = slice(sub(outputs_of_seen(input), outputs_of_seen(baseline)), 1, 0, l);         // (N, L)
  result.completeness_error = sub(sum(result.values, 2), change);
  return result;
}

Tensor EncoderPath::jacobian(const Tensor& x) const {
  NoTape none;
  if (x.numel() != concepts()) bad_input("attribution: the image has {} concepts, expected {}", x.numel(), concepts());
  const Tensor input = seen(x).reshaped({1, concepts()});
  const Tensor before = linear(input, first_weight_, first_bias_);  // (1, H)
  Tensor on = Tensor::zeros(before.shape(), before.dtype());
  dispatch("attribution", on.dtype(), [&]<class T>() {
    for (int64_t h = 0; h < on.numel(); h++) on.data<T>()[h] = before.data<T>()[h] > 0 ? 1 : 0;
  });
  const Tensor slopes = matmul(mul(second_weight_, on), first_weight_);  // (2L, K)
  if (!level_) return slopes;
  Tensor present = Tensor::zeros({1, concepts()}, input.dtype());
  dispatch("attribution", input.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < concepts(); i++) present.data<T>()[i] = input.data<T>()[i] > 0 ? 1 : 0;
  });
  return mul(slopes, present);
}

Attribution faithful_attribution(const Vae& vae, const Tensor& x, const PathOptions& options) {
  const EncoderPath path(vae);
  return path.integrated_gradients(x, path.outputs(x), options);
}

Tensor faithful_contributions(const Tensor& x, const Tensor& a) {
  NoTape none;
  return mul(x.to(a.dtype()), a);
}

Attribution margin_attribution(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters,
                               const PathOptions& options) {
  NoTape none;
  const EncoderPath path(vae);
  require_matrix("attribution: centres", centers, 1, path.latent());
  const int64_t n = x.dim(0), l = path.latent(), count = centers.dim(0);
  if (clusters.defined()) require_shape("attribution: clusters", clusters, {n});
  const Tensor mu = path.outputs(x).to(DType::f64).contiguous(), c = centers.to(DType::f64).contiguous();
  const Tensor given = clusters.defined() ? clusters.to(DType::i64).contiguous() : Tensor();
  Tensor functional = Tensor::zeros({n, 2 * l}, DType::f64);
  const auto distance = [&](int64_t row, int64_t center) {
    double sum = 0;
    for (int64_t j = 0; j < l; j++) {
      const double d = mu.data<double>()[row * 2 * l + j] - c.data<double>()[center * l + j];
      sum += d * d;
    }
    return sum;
  };
  for (int64_t row = 0; row < n && count > 1; row++) {
    std::vector<double> distances;
    for (int64_t i = 0; i < count; i++) distances.push_back(distance(row, i));
    int64_t own = given.defined() ? given.data<int64_t>()[row] : std::min_element(distances.begin(), distances.end()) - distances.begin();
    if (own < 0 || own >= count) bad_input("attribution: row {} is in cluster {}, but there are {} centres", row, own, count);
    distances[static_cast<size_t>(own)] = INFINITY;
    const int64_t next = std::min_element(distances.begin(), distances.end()) - distances.begin();
    for (int64_t j = 0; j < l; j++)  // d margin / d mu = 2 (c_own - c_next)
      functional.data<double>()[row * 2 * l + j] = 2 * (c.data<double>()[own * l + j] - c.data<double>()[next * l + j]);
  }
  return path.integrated_gradients(x, functional, options);
}

Quadrature gauss_legendre(int64_t n) {
  if (n < 1) usage_error("Gauss-Legendre quadrature needs at least one node, not {}", n);
  Quadrature q;
  for (int64_t i = n; i >= 1; i--) {  // roots of the Legendre polynomial P_n by Newton's method, ascending
    double y = std::cos(M_PI * (static_cast<double>(i) - 0.25) / (static_cast<double>(n) + 0.5)), slope = 1;
    for (int round = 0; round < 100; round++) {
      double p0 = 1, p1 = y;  // P_0, P_1, then by (k + 1) P_{k+1} = (2k + 1) y P_k - k P_{k-1}
      for (int64_t k = 1; k < n; k++) {
        const auto d = static_cast<double>(k);
        const double p2 = ((2 * d + 1) * y * p1 - d * p0) / (d + 1);
        p0 = p1, p1 = p2;
      }
      slope = static_cast<double>(n) * (y * p1 - p0) / (y * y - 1);
      const double step = p1 / slope;
      y -= step;
      if (std::abs(step) < 1e-15) break;
    }
    q.nodes.push_back((1 + y) / 2);
    q.weights.push_back(1 / ((1 - y * y) * slope * slope));
  }
  return q;
}

}  // namespace ceir
