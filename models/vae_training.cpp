#include "models/vae_training.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/interrupt.h"
#include "kernels/base/portable_math.h"
#include "kernels/base/random.h"
#include "kernels/launch/compute.h"
#include "kernels/normal/normal.h"
#include "models/check.h"
#include "models/select.h"
#include "models/vae_queue.h"
#include "tensor/io/json.h"
#include "tensor/ops.h"
#include "tensor/tape.h"

namespace ceir {

VaeOptions VaeOptions::sound() { return {}; }

VaeOptions VaeOptions::faithful() {
  VaeOptions o;
  o.epochs = 450, o.latent = 128, o.hidden = 256;
  o.lr = 5e-5, o.cosine_schedule = false, o.beta = 1;
  o.likelihood = Likelihood::bce, o.precision = DType::f64;
  return o;
}

const char* vae_stays_on_cpu(const VaeOptions& options, bool observed) {
  if (options.precision != DType::f32) return "its precision is f64, and devices compute in f32";
  return observed ? "its codes are scored after each epoch" : nullptr;
}

int64_t VaeOptions::hidden_size() const { return hidden ? hidden : std::max<int64_t>(2 * latent, 256); }

VaeTrainer::VaeTrainer(Vae& vae, double lr, double beta) : vae_(vae), lr_(lr), beta_(beta), adam_({}, {}) {
  track(vae.parameters());
  adam_ = Adam(vae.parameters(), {.lr = lr});
}

VaeTrainer::Terms VaeTrainer::backward(Tape& tape, const Tensor& x, const Tensor& noise) {
  const Vae::Output y = vae_.forward_training(x, noise);
  Tensor reconstruction;
  switch (vae_.likelihood()) {
    case Likelihood::bce: reconstruction = binary_cross_entropy_sum(y.reconstruction, x); break;
    case Likelihood::gaussian: reconstruction = scale(squared_error_sum(y.reconstruction, x), 0.5); break;
    case Likelihood::squared_error: reconstruction = squared_error_sum(y.reconstruction, x); break;
  }
  const Tensor total = add(reconstruction, scale(y.divergence, beta_));
  tape.backward(total);
  return {reconstruction, y.divergence, total};
}

VaeLosses VaeTrainer::step(const Tensor& x, const Tensor& noise, double lr) {
  Tape tape;
  const Terms terms = backward(tape, x, noise);
  adam_.step(tape, lr);
  return {terms.reconstruction.item(), terms.divergence.item(), terms.total.item()};
}

void VaeTrainer::queue(const Tensor& x, const Tensor& noise, const Tensor& rates, Tensor& losses) {
  const int64_t encoder = vae_.encoder().batches_tracked, decoder = vae_.decoder().batches_tracked;
  Tape tape;
  const Terms terms = backward(tape, x, noise);
  adam_.queue(tape, rates);
  int64_t i = 0;
  for (const Tensor* t : {&terms.reconstruction, &terms.divergence, &terms.total}) {
    losses.rows(i, i + 1).copy_from(t->reshaped({1}));
    i++;
  }
  vae_.set_batches_tracked(encoder, decoder);
}

namespace {

// First rows of the batches; a last batch of one row joins the one before it.
std::vector<int64_t> batch_starts(int64_t n, int64_t batch) {
  std::vector<int64_t> starts{0};
  while (n - starts.back() > batch + 1) starts.push_back(starts.back() + batch);
  starts.push_back(n);
  return starts;
}

// The training loop and what a checkpoint of it holds.
class VaeTraining {
 public:
  VaeTraining(const Tensor& x, const VaeOptions& o, Vae& vae)
      : x_(x), options_(o), vae_(vae), trainer_(vae, o.lr, o.beta), starts_(batch_starts(x.dim(0), o.train_batch)) {
    if (x.device() != Device::cpu) queue_ = std::make_unique<VaeQueue>(vae, trainer_, x, starts_);
  }

  int64_t steps() const { return options_.epochs * batches(); }
  int64_t step_number() const { return step_; }
  bool finished() const { return step_ >= steps(); }
  bool epoch_ended() const { return step_ % batches() == 0; }
  const std::vector<VaeLogRow>& log() const { return log_; }

  void step() {
    const int64_t epoch = step_ / batches(), batch = step_ % batches();
    if (batch == 0) sums_ = {};
    const int64_t begin = starts_[static_cast<size_t>(batch)], end = starts_[static_cast<size_t>(batch) + 1];
    if (queue_) {
      if (queued_ != epoch) queue_->begin_epoch(order_of(epoch), rates_from(batch)), queued_ = epoch;
      queue_->step(batch, [&](Tensor& to) { to.copy_from(noise(epoch, begin, end)); });
    } else {
      const Tensor rows = options_.noise.defined() ? x_.rows(begin, end) : select_rows(x_, rows_of(epoch, begin, end));
      take(trainer_.step(rows, noise(epoch, begin, end), rate(step_)), batch);
    }
    step_++;
    constexpr int64_t ahead = 256;  // steps of which the losses are not known yet: an error is told that much later at most
    if (epoch_ended() || batch + 1 - read_ >= ahead) read_losses();
    if (epoch_ended()) {
      const auto n = static_cast<double>(x_.dim(0));
      log_.push_back({epoch + 1, {sums_.reconstruction / n, sums_.kl / n, sums_.total / n}});
    }
  }

  void save(Checkpoint& checkpoint) {
    if (!epoch_ended()) read_losses();
    NamedTensors tensors = trainer_.adam().state();
    for (auto& t : vae_.state()) tensors.push_back(t);
    Json rows = Json::array();
    const auto row = [](const VaeLosses& l) { return Json::array().push(l.reconstruction).push(l.kl).push(l.total); };
    for (const auto& r : log_) rows.push(row(r.losses));
    checkpoint.save(tensors, {{"step", std::to_string(step_)}, {"log", rows.dump()}, {"sums", row(sums_).dump()}});
  }

  void load(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
    const auto losses = [](const Json& row) {
      const auto& v = row.as_array("losses");
      return VaeLosses{v.at(0).as_double("reconstruction"), v.at(1).as_double("kl"), v.at(2).as_double("total")};
    };
    vae_.restore(tensors);
    step_ = std::stoll(metadata.at("step"));
    trainer_.adam().restore(tensors, step_);
    log_.clear();
    const Json rows = Json::parse(metadata.at("log"), "checkpoint");
    for (const Json& row : rows.as_array("log"))
      log_.push_back({static_cast<int64_t>(log_.size()) + 1, losses(row)});
    sums_ = losses(Json::parse(metadata.at("sums"), "checkpoint"));
    read_ = step_ % batches();
  }

 private:
  int64_t batches() const { return static_cast<int64_t>(starts_.size()) - 1; }

  double rate(int64_t step) const {
    if (!options_.cosine_schedule) return options_.lr;
    return options_.lr * 0.5 * (1 + portable::cos_turns(0.5 * static_cast<double>(step) / static_cast<double>(steps())));
  }

  // Adam's for every batch of the epoch of which `batch` is the next.
  std::vector<float> rates_from(int64_t batch) {
    std::vector<float> all;
    for (int64_t b = 0; b < batches(); b++) {
      const auto rates = trainer_.adam().rates(rate(step_ - batch + b), trainer_.adam().steps() - batch + b + 1);
      all.insert(all.end(), rates.begin(), rates.end());
    }
    return all;
  }

  void take(const VaeLosses& l, int64_t batch) {
    if (!std::isfinite(l.total))
      bad_input("VAE: the loss of epoch {}, batch {} is not a number; is the learning rate {} too large?", (step_ - (queue_ ? 1 : 0)) / batches() + 1, batch, options_.lr);
    sums_.reconstruction += l.reconstruction, sums_.kl += l.kl, sums_.total += l.total;
  }

  // Of a device's steps since the last time; waits for them.
  void read_losses() {
    if (!queue_) return;
    for (const VaeLosses& l : queue_->losses(read_)) take(l, read_++);
    if (epoch_ended()) read_ = 0;
  }

  const std::vector<int64_t>& order_of(int64_t epoch) {
    if (options_.noise.defined() && order_.empty())  // a replay takes them as they lie
      for (int64_t i = 0; i < x_.dim(0); i++) order_.push_back(i);
    if (!options_.noise.defined()) rows_of(epoch, 0, 0);
    return order_;
  }

  std::vector<int64_t> rows_of(int64_t epoch, int64_t begin, int64_t end) {
    if (shuffled_ != epoch) {
      Random random(options_.seed, "vae.shuffle", static_cast<uint64_t>(epoch));
      order_ = random.permutation(x_.dim(0));
      shuffled_ = epoch;
    }
    return {order_.begin() + begin, order_.begin() + end};
  }

  Tensor noise(int64_t epoch, int64_t begin, int64_t end) const {
    const Tensor& given = options_.noise;
    if (given.defined())
      return given.rank() == 2 ? given.rows(begin, end)
                               : given.rows(epoch, epoch + 1).reshaped({given.dim(1), given.dim(2)}).rows(begin, end);
    Tensor e = Tensor::empty({end - begin, options_.latent});
    fill_normal(Random(options_.seed, "vae.noise", static_cast<uint64_t>(step_)), e.data<float>(), e.numel());
    return e.to(options_.precision);
  }

  Tensor x_;
  const VaeOptions& options_;
  Vae& vae_;
  VaeTrainer trainer_;
  std::vector<int64_t> starts_, order_;
  int64_t step_ = 0, shuffled_ = -1;
  std::unique_ptr<VaeQueue> queue_;  // on a device
  int64_t queued_ = -1, read_ = 0;   // the epoch whose rows it has; the batch whose losses are read next
  VaeLosses sums_;
  std::vector<VaeLogRow> log_;
};

void check(const VaeOptions& o) {
  if (o.epochs < 0) usage_error("VAE: {} epochs; the number may not be negative", o.epochs);
  if (o.train_batch < 2) usage_error("VAE: batch normalisation needs a batch of at least 2, not {}", o.train_batch);
  if (o.latent < 1 || o.hidden < 0) usage_error("VAE: {} latents and {} hidden units; both must be positive", o.latent, o.hidden);
  if (!(o.lr > 0) || !std::isfinite(o.lr)) usage_error("VAE: the learning rate is {}; it must be above 0", o.lr);
  if (!(o.beta >= 0) || !std::isfinite(o.beta)) usage_error("VAE: beta is {}; it may not be negative", o.beta);
  if (o.precision != DType::f32 && o.precision != DType::f64) usage_error("VAE: precision must be f32 or f64, not {}", name_of(o.precision));
}

// V0 decides the sizes when it is given.
Vae starting_vae(int64_t concepts, VaeOptions& o) {
  for (const auto& [name, tensor] : o.initial) {
    if (name != "encoder.3.weight" || tensor.rank() != 2) continue;
    o.latent = tensor.dim(0) / 2, o.hidden = tensor.dim(1);
  }
  Vae vae(concepts, o.hidden_size(), o.latent, o.likelihood, o.precision, o.seed);
  if (!o.initial.empty()) vae.restore(o.initial);
  vae.set_present_above(o.present_above);
  return vae;
}

Tensor checked_noise(const VaeOptions& o, int64_t n) {
  if (!o.noise.defined()) return {};
  const Tensor e = o.noise;
  const bool one = e.rank() == 2 && e.shape() == Shape{n, o.latent};
  const bool each = e.rank() == 3 && e.shape() == Shape{o.epochs, n, o.latent};
  if (!one && !each)
    bad_input("VAE: noise has shape {}, expected {} or {}", e.shape().str(), Shape{n, o.latent}.str(), Shape{o.epochs, n, o.latent}.str());
  const Tensor noise = e.to(o.precision).contiguous();
  require_finite("VAE: noise", noise);
  return noise;
}

}  // namespace

TrainedVae train_vae(const Tensor& concepts, const VaeOptions& options, Monitor* monitor, Checkpoint* checkpoint,
                     const EpochObserver& after_epoch) {
  check(options);
  require_matrix("VAE: concept vectors", concepts, 2);
  VaeOptions o = options;
  const Tensor x = concepts.to(o.precision).contiguous();
  require_finite("VAE: concept vectors", x);
  TrainedVae result{starting_vae(x.dim(1), o), {}};
  o.noise = checked_noise(o, x.dim(0));

  const Device device = vae_stays_on_cpu(o, static_cast<bool>(after_epoch)) ? Device::cpu : stage_device();
  const Tensor seen = result.vae.presence(x).on(device);
  if (o.noise.defined()) o.noise = o.noise.on(device);
  result.vae.move_to(device);
  const ComputeOn scope(device);
  VaeTraining training(seen, o, result.vae);
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
  if (checkpoint && checkpoint->load(tensors, metadata)) training.load(tensors, metadata);
  while (!training.finished()) {
    if (checkpoint && training.step_number() > 0 && (checkpoint->due() || interrupt_requested())) training.save(*checkpoint);
    throw_if_interrupted();
    training.step();
    if (monitor && (training.epoch_ended() || training.step_number() % 16 == 0)) {
      const auto& log = training.log();
      monitor->progress("vae", training.step_number(), training.steps(), "step",
                        log.empty() ? std::string() : fmt::format("epoch {}, loss {:.4f}", log.back().epoch, log.back().losses.total));
    }
    if (training.epoch_ended() && after_epoch) after_epoch(training.log().back().epoch, result.vae);
  }
  if (checkpoint) training.save(*checkpoint);  // until the caller's output is safe: then it removes it
  result.log = training.log();
  for (auto& [name, parameter] : result.vae.parameters()) *parameter = parameter->detached();  // no leaves any more
  result.vae.move_to(Device::cpu);
  return result;
}

}  // namespace ceir
