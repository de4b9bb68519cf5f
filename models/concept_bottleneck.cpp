#include "models/concept_bottleneck.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/interrupt.h"
#include "kernels/base/random.h"
#include "kernels/launch/compute.h"
#include "models/check.h"
#include "nn/adam.h"
#include "tensor/io/json.h"
#include "tensor/ops.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// A column whose values are all equal has no direction to learn.
std::vector<bool> constant_columns(const Tensor& x) {
  const int64_t n = x.dim(0), k = x.dim(1);
  std::vector<bool> constant(static_cast<size_t>(k), true);
  dispatch("teacher", x.dtype(), [&]<class T>() {
    const T* p = x.data<T>();
    for (int64_t r = 1; r < n; r++)
      for (int64_t c = 0; c < k; c++)
        if (p[r * k + c] != p[c]) constant[static_cast<size_t>(c)] = false;
  });
  return constant;
}

Tensor initial_weight(int64_t k, int64_t d, uint64_t seed, DType precision) {
  Tensor w = Tensor::empty({k, d}, DType::f64);
  Random random(seed, "cbm.init");
  const double bound = 1 / std::sqrt(static_cast<double>(d));
  for (double& x : w.span<double>()) x = random.uniform(-bound, bound);
  return w.to(precision);
}

// `count` of n rows without replacement, by the first steps of a shuffle; the stream belongs to the step.
std::vector<int64_t> draw_rows(int64_t n, int64_t count, uint64_t seed, int64_t step) {
  Random random(seed, "cbm.batch", static_cast<uint64_t>(step));
  std::vector<int64_t> rows(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) rows[static_cast<size_t>(i)] = i;
  for (int64_t i = 0; i < count; i++)
    std::swap(rows[static_cast<size_t>(i)], rows[static_cast<size_t>(i + static_cast<int64_t>(random.below(static_cast<uint64_t>(n - i))))]);
  rows.resize(static_cast<size_t>(count));
  std::sort(rows.begin(), rows.end());
  return rows;
}

// The training loop and what a checkpoint of it holds.
struct CbmTraining {
  const BottleneckOptions& options;
  Tensor features, teacher, val_features, val_teacher;
  Tensor weight, best;
  Adam adam;
  int64_t step = 0, best_step = 0;
  double best_validation = INFINITY;
  bool stopped = false;
  std::vector<BottleneckLogRow> log;

  double train_step() {
    const int64_t n = features.dim(0);
    Tensor x = features, p = teacher;
    if (options.train_batch < n) {
      const auto rows = draw_rows(n, options.train_batch, options.seed, step);
      x = select_rows(features, rows), p = select_rows(teacher, rows);
    }
    Tape tape;
    const Tensor loss = cos_cubed_loss(linear(x, weight, {}), p);  // q = F W^T: (N, K)
    tape.backward(loss);
    adam.step(tape);
    return loss.item();
  }

  double validate() const {
    NoTape none;
    return cos_cubed_loss(linear(val_features, weight, {}), val_teacher).item();
  }

  void advance() {
    const double loss = train_step();
    if (!std::isfinite(loss))
      bad_input("concept bottleneck: the loss of step {} is not a number; are the features constant, or is the learning rate {} too large?", step, options.lr);
    log.push_back({step, loss, std::nullopt});
    if (step % options.check_every == 0 || step == options.steps - 1) {
      const double validation = validate();
      if (!std::isfinite(validation))
        bad_input("concept bottleneck: the loss of step {} on the second split is not a number; do its features vary?", step);
      log.back().validation = validation;
      if (validation < best_validation) {
        best_validation = validation, best_step = step;
        best.copy_from(weight);
      } else {
        stopped = true;
      }
    }
    step++;
  }

  bool finished() const { return stopped || step >= options.steps; }

  void save(Checkpoint& checkpoint) const {
    NamedTensors tensors = adam.state();
    tensors.emplace_back("weight", weight);
    tensors.emplace_back("best", best);
    Json rows = Json::array();
    for (const auto& r : log) {
      Json row = Json::array();
      row.push(r.loss);
      if (r.validation) row.push(*r.validation);
      rows.push(row);
    }
    checkpoint.save(tensors, {{"step", std::to_string(step)}, {"best_step", std::to_string(best_step)},
                              {"stopped", stopped ? "1" : "0"}, {"log", rows.dump()}});
  }

  void load(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
    for (const auto& [name, tensor] : tensors) {
      if (name == "weight") weight.copy_from(tensor);
      if (name == "best") best.copy_from(tensor);
    }
    step = std::stoll(metadata.at("step")), best_step = std::stoll(metadata.at("best_step"));
    stopped = metadata.at("stopped") == "1";
    adam.restore(tensors, step);
    log.clear();
    const Json rows = Json::parse(metadata.at("log"), "checkpoint");
    for (const Json& row : rows.as_array("log")) {
      const auto& values = row.as_array("log row");
      log.push_back({static_cast<int64_t>(log.size()), values.at(0).as_double("loss"), std::nullopt});
      if (values.size() > 1) log.back().validation = values[1].as_double("validation loss");
    }
    best_validation = *log.at(static_cast<size_t>(best_step)).validation;
  }
};

void run(CbmTraining& t, Monitor* monitor, Checkpoint* checkpoint) {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
  if (checkpoint && checkpoint->load(tensors, metadata)) t.load(tensors, metadata);
  while (!t.finished()) {
    if (checkpoint && (checkpoint->due() || interrupt_requested()) && t.step > 0) t.save(*checkpoint);
    throw_if_interrupted();
    t.advance();
    report(monitor, "concept bottleneck", t.step, t.options.steps, "step", monitor ? fmt::format("similarity {:.4f}", -t.log.back().loss) : "");
  }
  if (checkpoint) t.save(*checkpoint);  // until the caller's output is safe: then it removes it
}

void check(const BottleneckOptions& o) {
  if (o.steps < 1) usage_error("concept bottleneck: {} steps; at least 1 is needed", o.steps);
  if (o.train_batch < 2) usage_error("concept bottleneck: a batch of {} has no spread; at least 2 are needed", o.train_batch);
  if (o.check_every < 1) usage_error("concept bottleneck: the second split is looked at every {} steps; at least 1 is needed", o.check_every);
  if (!(o.lr > 0) || !std::isfinite(o.lr)) usage_error("concept bottleneck: the learning rate is {}; it must be above 0", o.lr);
}

}  // namespace

Bottleneck train_bottleneck(const Tensor& features, const Tensor& teacher, const Tensor& val_features,
                            const Tensor& val_teacher, const std::vector<std::string>& concepts,
                            const BottleneckOptions& options, Monitor* monitor, Checkpoint* checkpoint) {
  check(options);
  const auto k = static_cast<int64_t>(concepts.size());
  if (k == 0) bad_input("concept bottleneck: there are no concepts to learn");
  require_matrix("features", features, 2);
  const int64_t d = features.dim(1);
  require_matrix("teacher cosines", teacher, 2, k);
  require_matrix("features of the second split", val_features, 2, d);
  require_matrix("teacher cosines of the second split", val_teacher, 2, k);
  if (features.dim(0) != teacher.dim(0))
    bad_input("features have {} rows, teacher cosines {}: both must be of the same images", features.dim(0), teacher.dim(0));
  if (val_features.dim(0) != val_teacher.dim(0))
    bad_input("the second split has {} rows of features and {} of teacher cosines", val_features.dim(0), val_teacher.dim(0));
  if (options.initial_weight.defined()) require_matrix("initial weight", options.initial_weight, k, d);

  const auto as = [&](const char* what, const Tensor& x) {
    const Tensor t = x.to(options.precision).contiguous();
    require_finite(what, t);
    return t;
  };
  const Tensor f = as("features", features), p = as("teacher cosines", teacher);
  const Tensor vf = as("features of the second split", val_features), vp = as("teacher cosines of the second split", val_teacher);

  Bottleneck result;
  std::vector<int64_t> usable;
  const auto constant = constant_columns(p), val_constant = constant_columns(vp);
  for (int64_t i = 0; i < k; i++) {
    const auto c = static_cast<size_t>(i);
    if (constant[c] || val_constant[c]) result.dropped.push_back({concepts[c], "constant", 0, 0});
    else usable.push_back(i);
  }
  if (usable.empty()) bad_input("concept bottleneck: the teacher cosines of every concept are the same for all pictures (of the {} to learn from, or of the {} to check with), so nothing can be learnt; give more pictures, and ones that differ", features.dim(0), val_features.dim(0));
  const bool all = static_cast<int64_t>(usable.size()) == k;
  const auto columns = [&](const Tensor& x) { return all ? x : select_columns(x, usable); };

  const Device device = stage_device_for(options.precision);
  const auto there = [&](const Tensor& x) { return x.on(device); };
  Tensor start = options.initial_weight.defined() ? options.initial_weight.to(options.precision) : initial_weight(k, d, options.seed, options.precision);
  Tensor weight = there(select_rows(start, usable)).track();
  const Tensor best = weight.clone();
  CbmTraining training{options, there(f), there(columns(p)), there(vf), there(columns(vp)), weight, best, Adam({}, {})};
  {
    const ComputeOn scope(device);
    training.adam = Adam({{"weight", &training.weight}}, {.lr = options.lr});
    run(training, monitor, checkpoint);
  }

  result.log = std::move(training.log);
  result.best_step = training.best_step;
  result.stopped_early = training.stopped;
  NoTape none;
  const Tensor trained = training.best.on(Device::cpu);  // (usable, d)
  const Tensor similarity = cos_cubed(linear(vf, trained, {}), columns(vp)).to(DType::f64);
  result.similarity = Tensor::full({k}, NAN, DType::f64);
  result.all_weights = start.clone();
  std::vector<int64_t> kept_rows;
  double largest = -1;
  for (size_t i = 0; i < usable.size(); i++) {
    const double s = similarity.data<double>()[i];
    result.similarity.data<double>()[usable[i]] = s;
    result.all_weights.rows(usable[i], usable[i] + 1).copy_from(trained.rows(static_cast<int64_t>(i), static_cast<int64_t>(i) + 1));
    largest = std::max(largest, s);
    if (s > options.cutoff) {
      kept_rows.push_back(static_cast<int64_t>(i));
      result.kept.push_back(usable[i]);
    } else {
      result.dropped.push_back({concepts[static_cast<size_t>(usable[i])], "g", s, options.cutoff});
    }
  }
  if (kept_rows.empty())
    bad_input("concept bottleneck: no concept is left; the largest similarity on the second split is {:.3f}, the cutoff {}. "
              "Train longer (--steps, or --set cbm.steps) or lower the cutoff (--cutoff, or --set cbm.cutoff)", largest, options.cutoff);
  result.weight = select_rows(trained, kept_rows);
  result.concepts = select(concepts, result.kept);
  const Tensor q = linear(f, result.weight, {});  // (N, K')
  result.mean = mean(q, 0);
  const Tensor spread = variance(q, 0, true);
  result.std = Tensor::empty(spread.shape(), spread.dtype());
  dispatch("std", spread.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < spread.numel(); i++) result.std.data<T>()[i] = std::sqrt(spread.data<T>()[i]);
  });
  return result;
}

Tensor project(const Bottleneck& bottleneck, const Tensor& features) {
  NoTape none;
  require_matrix("features", features, 0);
  if (features.dim(1) != bottleneck.weight.dim(1))
    bad_input("features have {} columns, the bottleneck was trained on {}: are they of another model?", features.dim(1), bottleneck.weight.dim(1));
  const Tensor f = features.to(bottleneck.weight.dtype()).contiguous();
  require_finite("features", f);
  const ComputeOn device(stage_device_for(f.dtype()));
  const auto there = [](const Tensor& x) { return x.on(compute_device()); };
  return div(sub(linear(there(f), there(bottleneck.weight), {}), there(bottleneck.mean)), there(bottleneck.std)).on(Device::cpu);
}

std::vector<int64_t> validation_rows(int64_t n, uint64_t seed) {
  Random random(seed, "cbm.validation");
  std::vector<int64_t> rows = random.permutation(n);
  rows.resize(static_cast<size_t>(std::min(n, std::max<int64_t>(2, n / 10))));
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace ceir
