#include "models/vae.h"

#include <charconv>
#include <cmath>

#include "kernels/base/random.h"
#include "kernels/launch/compute.h"
#include "kernels/normal/normal.h"
#include "models/check.h"
#include "tensor/ops.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

constexpr double momentum = 0.1, eps = 1e-5;  // torch.nn.BatchNorm1d's defaults, which the authors use

// torch.nn.Linear: weight and bias uniform in +-1/sqrt(inputs).
void draw(Tensor& t, int64_t inputs, Random& random) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  dispatch("vae", t.dtype(), [&]<class T>() {
    for (T& x : t.span<T>()) x = static_cast<T>(random.uniform(-bound, bound));
  });
}

Vae::Half make_half(int64_t in, int64_t hidden, int64_t out, DType precision, Random& random) {
  Vae::Half h;
  h.first_weight = Tensor::empty({hidden, in}, precision), h.first_bias = Tensor::empty({hidden}, precision);
  h.second_weight = Tensor::empty({out, hidden}, precision), h.second_bias = Tensor::empty({out}, precision);
  draw(h.first_weight, in, random), draw(h.first_bias, in, random);
  draw(h.second_weight, hidden, random), draw(h.second_bias, hidden, random);
  h.gain = Tensor::full({hidden}, 1, precision), h.bias = Tensor::zeros({hidden}, precision);
  h.running_mean = Tensor::zeros({hidden}, precision), h.running_var = Tensor::full({hidden}, 1, precision);
  return h;
}

// (N, in) -> (N, out)
Tensor forward(const Vae::Half& h, const Tensor& x, bool training, const std::string& name, const Trace* trace) {
  Tensor running_mean = h.running_mean, running_var = h.running_var;  // handles: training moves the data behind them
  Tensor y = linear(x, h.first_weight, h.first_bias);                 // (N, H)
  trace_step(trace, name + ".0", y);
  y = batchnorm(y, h.gain, h.bias, running_mean, running_var, training, momentum, eps);
  trace_step(trace, name + ".1", y);
  y = relu(y);
  trace_step(trace, name + ".2", y);
  y = linear(y, h.second_weight, h.second_bias);                      // (N, out)
  trace_step(trace, name + ".3", y);
  return y;
}

Vae::Gaussian halves(const Tensor& y, const Trace* trace) {  // (N, 2L) -> mu, logvar (N, L)
  const int64_t latent = y.dim(1) / 2;
  const Vae::Gaussian g{slice(y, 1, 0, latent), slice(y, 1, latent, 2 * latent)};
  trace_step(trace, "mu", g.mu);
  trace_step(trace, "logvar", g.logvar);
  return g;
}

Tensor normal_noise(const Shape& shape, DType precision, uint64_t seed, const char* purpose) {
  Tensor noise = Tensor::empty(shape, DType::f32);
  fill_normal(Random(seed, purpose), noise.data<float>(), noise.numel());
  return noise.to(precision);
}

Tensor output(const Tensor& y, Likelihood likelihood, const Trace* trace) {
  if (likelihood != Likelihood::bce) return y;
  const Tensor p = sigmoid(y);
  trace_step(trace, "decoder.4", p);
  return p;
}

}  // namespace

const char* name_of(Likelihood l) {
  switch (l) {
    case Likelihood::gaussian: return "gaussian";
    case Likelihood::bce: return "bce";
    default: return "squared_error";
  }
}

Likelihood likelihood_from(const std::string& name) {
  for (const Likelihood l : {Likelihood::gaussian, Likelihood::bce, Likelihood::squared_error})
    if (name == name_of(l)) return l;
  usage_error("likelihood '{}' is not known; there are gaussian, bce and squared_error", name);
}

namespace {
// A wrong name in a file is the file's fault, not the command line's.
Likelihood likelihood_in(const std::string& path, const std::string& name) {
  try {
    return likelihood_from(name);
  } catch (const Error& e) {
    bad_input("{}: {}", path, e.what());
  }
}
}  // namespace

Vae::Vae(int64_t concepts, int64_t hidden, int64_t latent, Likelihood likelihood, DType precision, uint64_t seed)
    : likelihood_(likelihood) {
  if (concepts < 1 || hidden < 1 || latent < 1)
    usage_error("VAE: {} concepts, {} hidden units and {} latents; every number must be at least 1", concepts, hidden, latent);
  Random random(seed, "vae.init");
  encoder_ = make_half(concepts, hidden, 2 * latent, precision, random);
  decoder_ = make_half(latent, hidden, concepts, precision, random);
}

void Vae::set_present_above(std::optional<double> level) {
  if (level && !std::isfinite(*level)) usage_error("VAE: the level above which a concept is present must be a finite number");
  present_above_ = level;
}

Tensor presence_above(const Tensor& x, std::optional<double> level) {
  if (!level) return x;
  Tensor y = x.contiguous().clone();
  dispatch("presence", y.dtype(), [&]<class T>() {
    const T least = static_cast<T>(*level);
    for (T& v : y.span<T>()) v = v > least ? v - least : v != v ? v : T{0};
  });
  return y;
}

Tensor Vae::presence(const Tensor& x) const { return presence_above(x.dtype() == precision() ? x : x.to(precision()), present_above_); }

Vae::Gaussian Vae::encode(const Tensor& x, const Trace* trace) const {
  require_matrix("VAE: concept vectors", x, 0, concepts());
  const Tensor input = presence(x).on(compute_device());
  return halves(forward(encoder_, input, false, "encoder", trace), trace);
}

Tensor Vae::decode(const Tensor& z, const Trace* trace) const {
  require_matrix("VAE: latents", z, 0, latent());
  const Tensor input = z.dtype() == precision() ? z : z.to(precision());
  return output(forward(decoder_, input, false, "decoder", trace), likelihood_, trace);
}

Tensor Vae::latents(const Tensor& x) const {
  NoTape none;
  require_matrix("VAE: concept vectors", x, 0, concepts());
  constexpr int64_t piece = 8192;
  Tensor mu = Tensor::empty({x.dim(0), latent()}, precision());
  const ComputeOn device(stage_device_for(precision()));
  Vae there = *this;  // handles
  there.move_to(compute_device());
  for (int64_t begin = 0; begin < x.dim(0); begin += piece) {
    const int64_t end = std::min(begin + piece, x.dim(0));
    mu.rows(begin, end).copy_from(there.encode(x.rows(begin, end)).mu);
  }
  return mu;
}

Vae::Gaussian Vae::encode_training(const Tensor& x, const Trace* trace) {
  encoder_.batches_tracked++;
  return halves(forward(encoder_, x, true, "encoder", trace), trace);
}

Vae::Output Vae::forward_training(const Tensor& x, const Tensor& noise, const Trace* trace) {
  const Gaussian q = encode_training(x, trace);
  const auto [z, divergence] = latent_code(q.mu, q.logvar, noise);  // (N, L), ()
  trace_step(trace, "z", z);
  decoder_.batches_tracked++;
  const Tensor reconstruction = output(forward(decoder_, z, true, "decoder", trace), likelihood_, trace);  // (N, K)
  trace_step(trace, "recon", reconstruction);
  return {q.mu, q.logvar, z, reconstruction, divergence};
}

Tensor Vae::sample(const Tensor& x, uint64_t seed) const {
  NoTape none;
  const Gaussian q = encode(x);
  return reparameterise(q.mu, q.logvar, normal_noise(q.mu.shape(), precision(), seed, "vae.sample"));
}

Tensor Vae::sample_training_mode(const Tensor& x, int64_t batch, uint64_t seed, const Tensor& noise) {
  NoTape none;
  require_matrix("VAE: concept vectors", x, 2, concepts());
  if (batch < 2) usage_error("VAE: batch normalisation needs a batch of at least 2, not {}", batch);
  const int64_t n = x.dim(0);
  const Tensor input = presence(x).contiguous();
  if (noise.defined()) require_matrix("VAE: noise", noise, n, latent());
  const Tensor e = noise.defined() ? noise.to(precision()) : normal_noise({n, latent()}, precision(), seed, "vae.quirk");
  Tensor z = Tensor::empty({n, latent()}, precision());
  for (int64_t begin = 0; begin < n;) {
    const int64_t end = n - begin <= batch + 1 ? n : begin + batch;  // one row alone has no variance
    const Gaussian q = encode_training(input.rows(begin, end));
    z.rows(begin, end).copy_from(reparameterise(q.mu, q.logvar, e.rows(begin, end)));
    decoder_.batches_tracked++;
    forward(decoder_, z.rows(begin, end), true, "decoder", nullptr);  // they reconstruct as well: its statistics move too
    begin = end;
  }
  return z;
}

std::vector<std::pair<std::string, Tensor*>> Vae::tensors() {
  std::vector<std::pair<std::string, Tensor*>> list;
  for (auto& [name, h] : {std::pair<std::string, Half*>{"encoder", &encoder_}, {"decoder", &decoder_}}) {
    list.insert(list.end(), {{name + ".0.weight", &h->first_weight}, {name + ".0.bias", &h->first_bias},
                             {name + ".1.weight", &h->gain}, {name + ".1.bias", &h->bias},
                             {name + ".1.running_mean", &h->running_mean}, {name + ".1.running_var", &h->running_var},
                             {name + ".3.weight", &h->second_weight}, {name + ".3.bias", &h->second_bias}});
  }
  return list;
}

Parameters Vae::parameters() {
  Parameters list;
  for (const auto& [name, tensor] : tensors())
    if (name.find("running") == std::string::npos) list.emplace_back(name, tensor);
  return list;
}

NamedTensors Vae::state() const {
  NamedTensors list;
  for (const auto& [name, tensor] : const_cast<Vae*>(this)->tensors()) list.emplace_back(name, tensor->detached());
  list.emplace_back("encoder.1.num_batches_tracked", Tensor::from(std::vector<int64_t>{encoder_.batches_tracked}, {}));
  list.emplace_back("decoder.1.num_batches_tracked", Tensor::from(std::vector<int64_t>{decoder_.batches_tracked}, {}));
  return list;
}

void Vae::restore(const NamedTensors& state) {
  const auto find = [&](const std::string& name) -> const Tensor* {
    for (const auto& [key, tensor] : state)
      if (key == name) return &tensor;
    return nullptr;
  };
  for (const auto& [name, tensor] : tensors()) {
    const Tensor* found = find(name);
    if (!found) bad_input("VAE: tensor '{}' is missing", name);
    if (!(found->shape() == tensor->shape()) || !is_float(found->dtype()))
      bad_input("VAE: tensor '{}' is {} {}, expected {} {}", name, name_of(found->dtype()), found->shape().str(),
                name_of(tensor->dtype()), tensor->shape().str());
    tensor->copy_from(*found);
    require_finite(fmt::format("VAE: tensor '{}'", name), *tensor);
  }
  for (auto& [name, h] : {std::pair<std::string, Half*>{"encoder", &encoder_}, {"decoder", &decoder_}}) {
    for (const double v : h->running_var.values())
      if (v < 0) bad_input("VAE: tensor '{}.1.running_var' holds {}; variances are not negative", name, v);
    const Tensor* count = find(name + ".1.num_batches_tracked");
    if (count && count->numel() == 1) h->batches_tracked = static_cast<int64_t>(count->item());
  }
}

void Vae::move_to(Device device) {
  for (const auto& [name, tensor] : tensors()) *tensor = tensor->on(device);
}

Vae Vae::clone() const {
  Vae copy(concepts(), hidden(), latent(), likelihood_, precision(), 0);
  copy.restore(state());
  copy.present_above_ = present_above_;
  return copy;
}

void Vae::save(const std::string& path, const std::vector<std::pair<std::string, std::string>>& metadata) const {
  std::vector<std::pair<std::string, std::string>> all{{"kind", "vae"}, {"likelihood", name_of(likelihood_)}};
  if (present_above_) all.emplace_back("present_above", fmt::format("{}", *present_above_));
  all.insert(all.end(), metadata.begin(), metadata.end());
  write_safetensors(path, state(), all);
}

Vae Vae::load(const std::string& path, DType precision, Likelihood otherwise) {
  const SafetensorsFile file(path);
  const auto matrix = [&](const char* name) {
    const TensorInfo* info = file.find(name);
    if (!info) bad_input("{}: tensor '{}' is missing; is it a VAE (made by `ceir vae`)?", path, name);
    if (info->shape.rank() != 2 || info->shape.numel() == 0)
      bad_input("{}: tensor '{}' has shape {}, expected a matrix", path, name, info->shape.str());
    return info->shape;
  };
  const Shape first = matrix("encoder.0.weight"), last = matrix("encoder.3.weight");
  if (last[0] % 2) bad_input("{}: tensor 'encoder.3.weight' has {} rows; mu and logvar need an even number", path, last[0]);
  const auto likelihood = file.metadata().find("likelihood");
  Vae vae(first[1], first[0], last[0] / 2, likelihood == file.metadata().end() ? otherwise : likelihood_in(path, likelihood->second), precision, 0);
  if (const auto level = file.metadata().find("present_above"); level != file.metadata().end()) {
    const std::string& text = level->second;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) bad_input("{}: present_above is '{}', expected a number", path, text);
    vae.set_present_above(value);
  }
  NamedTensors state;
  for (const TensorInfo& info : file.tensors()) state.emplace_back(info.name, file.tensor(info.name));
  try {
    vae.restore(state);
  } catch (const Error& e) {
    bad_input("{}: {}", path, e.what());
  }
  return vae;
}

}  // namespace ceir
