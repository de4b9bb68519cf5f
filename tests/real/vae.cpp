// golden/method/vae: a forward and backward pass in full, Adam steps, evaluation mode, and the authors' quirk.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "models/vae_training.h"
#include "tensor/ops.h"
#include "tensor/tape.h"
#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

namespace {

NamedTensors tensors_of(const std::string& path) {
  const SafetensorsFile file(path);
  NamedTensors list;
  for (const TensorInfo& info : file.tensors()) list.emplace_back(info.name, file.tensor(info.name).clone());
  return list;
}

// faithful, paper and sound differ in what the formula says, not in what the folder is called.
Likelihood likelihood_of(const GoldenCase& c) {
  const std::string formula = c.json.get("formula", "", c.name());
  if (formula.find("BCE") != std::string::npos) return Likelihood::bce;
  return formula.find("1/2 sum (recon-x)^2") != std::string::npos ? Likelihood::gaussian : Likelihood::squared_error;
}

Vae starting(const GoldenCase& c, Likelihood likelihood, DType dtype) {
  Vae vae(c.param("K"), c.param("H"), c.param("L"), likelihood, dtype, 1);
  vae.restore(tensors_of(c.path("initial.safetensors")));
  return vae;
}

// Linear biases before a batch normalisation have gradient 0: what is left is rounding (the case's note).
bool before_batchnorm(const std::string& name) { return name.ends_with(".0.bias"); }
bool follows_that_bias(const std::string& name) { return name.ends_with("running_mean"); }

Tensor batch_of(const Tensor& x, int64_t step) {  // (steps, B, C) -> (B, C)
  return x.rows(step, step + 1).reshaped({x.dim(1), x.dim(2)});
}

void check_forward_and_gradients(const GoldenCase& c, Likelihood likelihood, DType dtype) {
  Vae vae = starting(c, likelihood, dtype);
  track(vae.parameters());
  const Tensor target = batch_of(c.array("x.npy"), 0).to(dtype), noise = batch_of(c.array("eps.npy"), 0).to(dtype);
  Tensor x = target.clone();
  x.track();
  std::map<std::string, Tensor> seen;
  const Trace trace = [&](const std::string& name, const Tensor& value) { seen[name] = value; };
  Tape tape;
  const Vae::Output y = vae.forward_training(x, noise, &trace);
  seen["std"] = exp(scale(y.logvar.detached(), 0.5));
  for (const auto& [name, reference] : tensors_of(c.path("forward.safetensors"))) {
    CAPTURE(name);
    CHECK(golden_error(seen[name], reference) <= c.tolerance(dtype, "forward", 1e-5));
  }
  Tensor loss = likelihood == Likelihood::bce ? binary_cross_entropy_sum(y.reconstruction, target) : squared_error_sum(y.reconstruction, target);
  if (likelihood == Likelihood::gaussian) loss = scale(loss, 0.5);
  tape.backward(add(loss, scale(kl_gaussian(y.mu, y.logvar), c.number("beta"))));
  const double tolerance = c.tolerance(dtype, "grads", 1e-5);
  CHECK(golden_error(tape.gradient(x), c.array("grad_x.npy")) <= tolerance);
  const NamedTensors reference = tensors_of(c.path("grads.safetensors"));
  double largest = 0;
  for (const auto& [name, g] : reference)
    for (const double v : g.values()) largest = std::max(largest, std::abs(v));
  for (const auto& [name, parameter] : vae.parameters()) {
    CAPTURE(name);
    for (const auto& [key, g] : reference) {
      if (key != name) continue;
      if (before_batchnorm(name)) CHECK(absolute_error(tape.gradient(*parameter), g) <= tolerance * largest);
      else CHECK(golden_error(tape.gradient(*parameter), g) <= tolerance);
    }
  }
}

void check_training(const GoldenCase& c, Likelihood likelihood, DType dtype) {
  Vae vae = starting(c, likelihood, dtype);
  const Tensor x = c.array("x.npy").to(dtype), noise = c.array("eps.npy").to(dtype), losses = c.array("losses.npy");
  VaeTrainer trainer(vae, c.number("lr"), c.number("beta"));
  std::vector<double> seen;
  for (int64_t i = 0; i < c.param("steps"); i++) {
    const VaeLosses l = trainer.step(batch_of(x, i), batch_of(noise, i));
    seen.insert(seen.end(), {l.reconstruction, l.kl, l.total});
  }
  CHECK(golden_error(Tensor::from(seen, losses.shape()), losses) <= c.tolerance(dtype, "losses", 1e-5));
  const NamedTensors state = vae.state();
  const double drift = dtype == DType::f64 ? 1e-8 : static_cast<double>(c.param("steps")) * c.number("lr");
  for (const auto& [name, reference] : tensors_of(c.path("final.safetensors"))) {
    CAPTURE(name);
    for (const auto& [key, value] : state) {
      if (key != name) continue;
      if (name.ends_with("num_batches_tracked")) CHECK(value.item() == reference.values().at(0));
      else if (before_batchnorm(name) || follows_that_bias(name)) CHECK(absolute_error(value, reference) <= drift);
      else CHECK(golden_error(value, reference) <= c.tolerance(dtype, "final", 1e-5));
    }
  }
  // Evaluation mode is judged with the reference's own final state: those biases may have drifted in ours.
  vae.restore(tensors_of(c.path("final.safetensors")));
  const Tensor first = batch_of(x, 0);
  const Vae::Gaussian q = vae.encode(first);
  const Tensor z = reparameterise(q.mu, q.logvar, batch_of(noise, 0));
  const std::map<std::string, Tensor> ours{{"mu", q.mu}, {"logvar", q.logvar}, {"z", z}, {"recon", vae.decode(z)}};
  for (const auto& [name, reference] : tensors_of(c.path("eval.safetensors"))) {
    CAPTURE(name);
    REQUIRE(ours.count(name) == 1);
    CHECK(golden_error(ours.at(name), reference) <= c.tolerance(dtype, "forward", 1e-5));
  }
  CHECK(vae.encode(first.rows(0, 1)).mu.values() == q.mu.rows(0, 1).values());  // a row alone, bit for bit
}

void check_quirk(const GoldenCase& c, DType dtype) {
  Vae vae = starting(c, Likelihood::bce, dtype);
  const Tensor x = c.array("x.npy");
  const double tolerance = c.tolerance(dtype, "", 1e-5);
  CHECK(golden_error(vae.latents(x), c.array("mu_sound.npy")) <= tolerance);
  CHECK(golden_error(vae.sample_training_mode(x, c.param("batch"), 1, c.array("eps.npy")), c.array("z_faithful.npy")) <= tolerance);
  const NamedTensors state = vae.state();
  for (const auto& [name, reference] : tensors_of(c.path("after.safetensors")))
    for (const auto& [key, value] : state) {
      CAPTURE(name);
      if (key == name) CHECK(golden_error(value.reshaped(reference.shape()), reference) <= tolerance);
    }
}

void check_all(DType dtype) {
  for (const GoldenCase& c : golden_cases("vae")) {
    INFO("case ", c.name(), " in ", std::string(name_of(dtype)));
    if (c.has("z_faithful.npy")) {
      check_quirk(c, dtype);
      continue;
    }
    const Likelihood likelihood = likelihood_of(c);
    check_forward_and_gradients(c, likelihood, dtype);
    check_training(c, likelihood, dtype);
  }
}

}  // namespace

TEST_CASE("golden VAE in f64: layers, gradients, Adam steps, evaluation") { check_all(DType::f64); }
TEST_CASE("golden VAE in f32: layers, gradients, Adam steps, evaluation") { check_all(DType::f32); }
