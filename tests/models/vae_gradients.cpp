// The whole VAE against central differences in double, in training and in evaluation mode.
#include <doctest/doctest.h>

#include "models/vae.h"
#include "tensor/gradcheck.h"
#include "tensor/ops.h"
#include "tests/models/drawn.h"

using namespace ceir;
using namespace ceir::test;

namespace {

Tensor loss_of(Likelihood likelihood, const Tensor& reconstruction, const Tensor& target, const Vae::Gaussian& q) {
  Tensor loss = likelihood == Likelihood::bce ? binary_cross_entropy_sum(reconstruction, target) : squared_error_sum(reconstruction, target);
  if (likelihood == Likelihood::gaussian) loss = scale(loss, 0.5);
  return add(loss, scale(kl_gaussian(q.mu, q.logvar), 0.7));
}

// The model with `leaves` in place of its parameters: x first, then parameters() in their order.
void put(Vae& vae, const std::vector<Tensor>& leaves) {
  size_t i = 1;
  for (auto& [name, parameter] : vae.parameters()) *parameter = leaves[i++];
}

std::vector<Tensor> leaves_of(Vae& vae, const Tensor& x) {
  std::vector<Tensor> leaves{x};
  for (auto& [name, parameter] : vae.parameters()) leaves.push_back(parameter->clone());
  return leaves;
}

}  // namespace

TEST_CASE("VAE gradients, training mode: input and every parameter to 1e-5") {
  for (const Likelihood likelihood : {Likelihood::gaussian, Likelihood::bce, Likelihood::squared_error}) {
    CAPTURE(std::string(name_of(likelihood)));
    Vae vae(7, 6, 3, likelihood, DType::f64, 5);
    const Tensor target = drawn({9, 7}, 1), noise = drawn({9, 3}, 2);
    const auto f = [&](const std::vector<Tensor>& leaves) {
      put(vae, leaves);
      const Vae::Output y = vae.forward_training(leaves[0], noise);
      return loss_of(likelihood, y.reconstruction, target, {y.mu, y.logvar});
    };
    const GradCheck check = check_gradients(f, leaves_of(vae, drawn({9, 7}, 3)), 1e-5);
    CAPTURE(check.worst);
    CHECK(check.error <= 1e-5);
  }
}

TEST_CASE("VAE gradients, evaluation mode: input and every parameter to 1e-5") {
  Vae vae(7, 6, 3, Likelihood::gaussian, DType::f64, 6);
  vae.forward_training(drawn({30, 7}, 4), drawn({30, 3}, 5));  // so that the running statistics are not 0 and 1
  const Tensor target = drawn({4, 7}, 6), noise = drawn({4, 3}, 7);
  const auto f = [&](const std::vector<Tensor>& leaves) {
    put(vae, leaves);
    const Vae::Gaussian q = vae.encode(leaves[0]);
    return loss_of(Likelihood::gaussian, vae.decode(reparameterise(q.mu, q.logvar, noise)), target, q);
  };
  const GradCheck check = check_gradients(f, leaves_of(vae, drawn({4, 7}, 8)), 1e-5);
  CAPTURE(check.worst);
  CHECK(check.error <= 1e-5);
}
