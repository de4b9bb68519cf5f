#include "models/parity.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "data/image.h"
#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "kernels/launch/compute.h"
#include "models/clip.h"
#include "models/convert.h"
#include "models/embed.h"
#include "tensor/io/npy.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Tensor array(const fs::path& path) { return read_npy(path.string()); }

// Largest absolute difference, over the largest expected value when `relative`.
void compare(ParityStep& step, const Tensor& got, const Tensor& expected, bool relative = true) {
  step.shape = expected.shape().str();
  if (!(got.shape() == expected.shape())) {
    step.difference = std::numeric_limits<double>::infinity();
    step.note = fmt::format("has shape {}, expected {}", got.shape().str(), expected.shape().str());
    return;
  }
  const std::vector<double> a = got.values(), b = expected.values();
  double worst = 0, largest = 0;
  for (size_t i = 0; i < a.size(); i++) {
    worst = std::max(worst, std::isfinite(a[i]) ? std::fabs(a[i] - b[i]) : std::numeric_limits<double>::infinity());
    largest = std::max(largest, std::fabs(b[i]));
  }
  step.difference = relative && largest > 0 ? worst / largest : worst;
  if (!relative) step.unit = "absolute";
}

// Rows divided by their L2 norm, in the tensor's own type.
Tensor normalized(const Tensor& features) {
  Tensor copy = features.clone();
  normalize_rows(copy);
  return copy;
}

std::vector<std::vector<int64_t>> id_rows(const Tensor& table) {
  const Tensor ids = table.to(DType::i64).contiguous();
  std::vector<std::vector<int64_t>> rows;
  for (int64_t i = 0; i < ids.dim(0); i++) {
    const auto row = ids.rows(i, i + 1);
    rows.emplace_back(row.span<int64_t>().begin(), row.span<int64_t>().end());
  }
  return rows;
}

// The expected steps of one tower: NN -> (name behind the number, file).
using Steps = std::map<std::string, std::pair<std::string, fs::path>>;

Steps expected_steps(const fs::path& folder, const std::string& prefix) {
  Steps steps;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ".npy" || !stem.starts_with(prefix)) continue;
    const size_t number = prefix.size(), bar = stem.find('_', number);
    if (bar == std::string::npos) bad_input("{}: a step's file is named {}NN_NAME.npy", entry.path().string(), prefix);
    steps.emplace(fmt::format("{:0>6}", stem.substr(number, bar - number)), std::pair(stem.substr(bar + 1), entry.path()));
  }
  return steps;
}

// A model, or a folder with nothing but a checkpoint in it, which may be pickled: then as `convert` reads it.
std::unique_ptr<Clip> open_model(const std::string& model, DType dtype) {
  std::error_code ignored;
  const fs::path folder = model;
  if (!fs::is_directory(folder, ignored) || is_there(folder / "config.json") || is_there(folder / "open_clip_config.json")) {
    if (!fs::is_regular_file(folder, ignored)) return Clip::open(model, dtype);
    const CheckpointSource source = open_checkpoint(model);
    return Clip::open(source.weights, source.config, model, dtype);
  }
  std::vector<std::string> checkpoints;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    for (const char* ending : {".pt", ".pth", ".bin", ".safetensors"})
      if (entry.path().extension() == ending) checkpoints.push_back(entry.path().string());
  // The archive as it was published before a copy of its tensors.
  std::ranges::sort(checkpoints, {}, [](const std::string& s) { return std::pair(s.ends_with(".safetensors"), s); });
  if (checkpoints.empty()) return Clip::open(model, dtype);  // says what a model's folder holds
  const CheckpointSource source = open_checkpoint(checkpoints.front());
  return Clip::open(source.weights, source.config, checkpoints.front(), dtype);
}

// The one that was asked for, else the one that case.json names (what the export scripts of docs/ write), else the case's folder.
std::string model_of(const std::string& folder, const Json& json, const ParityOptions& options) {
  if (!options.model.empty()) return options.model;
  const std::string named = json.is_object() ? json.get("model_name", "", "case.json: model_name") : "";
  return named.empty() ? folder : named;
}

class ModelCase {
 public:
  ModelCase(const std::string& folder, const Json& json, const ParityOptions& options)
      : folder_(folder), json_(json), options_(options), clip_(open_model(model_of(folder, json, options), options.dtype)) {
    const Json* tolerance = json.find("tolerance");
    const double stated = tolerance && tolerance->is_object() ? tolerance->get("float32", 1e-5, "case.json: tolerance") : 1e-5;
    // In double the expected arrays are the coarser ones: stored in single precision, half an ulp is 6e-8 of each value.
    limit_ = options.dtype == DType::f64 ? 2e-7 : stated;
    step_limit_ = options.dtype == DType::f64 ? 2e-7 : std::max(stated, 3e-5);
  }

  std::vector<ParityStep> run() {
    const bool pixels = is_there(folder_ / "inputs/pixel_values.npy"), ids = is_there(folder_ / "inputs/input_ids.npy");
    if (!pixels && !ids) bad_input("{}: neither inputs/pixel_values.npy nor inputs/input_ids.npy is there", folder_.string());
    if (!fs::is_directory(folder_ / "expected")) bad_input("{}: there is no folder expected/ to compare with", folder_.string());
    clip_->move_to(stage_device_for(options_.dtype));
    pictures_to_pixels();
    texts_to_ids();
    if (pixels) images(array(folder_ / "inputs/pixel_values.npy"));
    if (ids) texts(id_rows(array(folder_ / "inputs/input_ids.npy")));
    if (image_.defined() && text_.defined() && is_there(expected("logits_per_image")))
      against("logits_per_image", clip_->logits(image_, text_), array(expected("logits_per_image")), limit_);
    if (steps_.empty()) bad_input("{}: expected/ holds nothing that can be compared", folder_.string());
    return std::move(steps_);
  }

 private:
  fs::path expected(const std::string& name) const { return folder_ / "expected" / (name + ".npy"); }

  ParityStep& add(std::string name, double limit) {
    throw_if_interrupted();
    ParityStep step;
    step.name = std::move(name), step.limit = limit;
    return steps_.emplace_back(std::move(step));
  }
  void against(std::string name, const Tensor& got, const Tensor& want, double limit) { compare(add(std::move(name), limit), got, want); }

  int64_t example(const char* tower, int64_t count) const {
    const Json* all = json_.find("intermediate_steps");
    const Json* of = all ? all->find(tower) : nullptr;
    const int64_t e = of ? of->get("example", int64_t{0}, "case.json: example") : 0;
    if (e < 0 || e >= count) bad_input("{}: case.json names {} as the example of the {} steps, but there are {} inputs", folder_.string(), e, tower, count);
    return e;
  }

  // What a trace shows of the steps that are expected, by name: all of a large tower's would take as much as its weights.
  Trace collect(const std::string& prefix, std::map<std::string, Tensor>& into) const {
    std::set<std::string> wanted;
    for (const auto& [number, step] : expected_steps(folder_ / "expected", prefix)) wanted.insert(step.first);
    return [&into, wanted](const std::string& name, const Tensor& value) {
      if (!wanted.contains(name)) return;
      const Tensor first = value.rows(0, 1);
      into.emplace(name, first.reshaped(first.shape().without(0)).clone());
    };
  }

  void towers_steps(const std::string& prefix, const std::map<std::string, Tensor>& seen) {
    for (const auto& [number, step] : expected_steps(folder_ / "expected", prefix)) {
      const auto& [name, file] = step;
      const Tensor want = array(file);
      ParityStep& s = add((prefix[0] == 't' ? "text " : "image ") + name, step_limit_);
      const auto found = seen.find(name);
      if (found == seen.end()) {
        s.shape = want.shape().str(), s.compared = false, s.note = "not a step of this program";
        continue;
      }
      // Causal text is computed up to its end token only.
      const bool shorter = found->second.rank() == 2 && want.rank() == 2 && want.dim(0) > found->second.dim(0);
      compare(s, found->second, shorter ? want.rows(0, found->second.dim(0)) : want);
    }
  }

  void embeddings(const std::string& name, const Tensor& got) {
    if (is_there(expected(name))) against(name, got, array(expected(name)), limit_);
    if (is_there(expected(name + "_normalized"))) against(name + "_normalized", normalized(got), array(expected(name + "_normalized")), limit_);
  }

  void images(const Tensor& pixels) {
    if (!clip_->has_image()) bad_input("{}: there are pixels to embed, but the model has no image tower", folder_.string());
    if (pixels.rank() != 4 || pixels.dim(0) < 1) bad_input("{}: inputs/pixel_values.npy has shape {}, expected (N, 3, H, W)", folder_.string(), pixels.shape().str());
    std::map<std::string, Tensor> seen;
    const Trace trace = collect("step_", seen);
    const int64_t e = example("image", pixels.dim(0));
    const Tensor one = clip_->image_features(pixels.rows(e, e + 1), &trace);
    seen.emplace("image_embeds", one.reshaped({one.dim(1)}));
    towers_steps("step_", seen);
    image_ = clip_->image_features(pixels);
    embeddings("image_embeds", image_);
  }

  void texts(const std::vector<std::vector<int64_t>>& ids) {
    if (!clip_->has_text()) bad_input("{}: there are token ids to embed, but the model has no text tower", folder_.string());
    if (ids.empty()) bad_input("{}: inputs/input_ids.npy is empty", folder_.string());
    std::map<std::string, Tensor> seen;
    const Trace trace = collect("text_step_", seen);
    const auto e = static_cast<size_t>(example("text", static_cast<int64_t>(ids.size())));
    const Tensor one = clip_->text_features({ids[e]}, &trace);
    seen.emplace("text_embeds", one.reshaped({one.dim(1)}));
    towers_steps("text_step_", seen);
    text_ = clip_->text_features(ids);
    embeddings("text_embeds", text_);
  }

  // end_to_end/: pictures through the model's own preprocessing, then through the model.
  void pictures_to_pixels() {
    const fs::path folder = folder_ / "end_to_end";
    if (!clip_->has_image() || !is_there(folder / "pixel_values.npy")) return;
    const Tensor want = array(folder / "pixel_values.npy");
    const Preprocess& p = clip_->preprocess();
    Tensor pixels = Tensor::empty({want.dim(0), 3, p.size, p.size});
    for (int64_t i = 0; i < want.dim(0); i++) {
      const fs::path picture = folder / fmt::format("image_{}.png", i);
      if (!is_there(picture)) return;
      normalise_into(to_square(load_image(picture.string(), p.decode_options()), p), p, pixels.rows(i, i + 1).data<float>());
    }
    compare(add("pictures to pixels", 2e-6), pixels, want, false);
    if (is_there(folder / "image_embeds.npy")) against("pictures to embeddings", clip_->image_features(pixels), array(folder / "image_embeds.npy"), limit_);
  }

  void texts_to_ids() {
    if (!clip_->has_text() || !is_there(folder_ / "inputs/texts.json") || !is_there(folder_ / "inputs/input_ids.npy")) return;
    const std::string where = (folder_ / "inputs/texts.json").string();
    const Json list = Json::read(where);
    const auto want = id_rows(array(folder_ / "inputs/input_ids.npy"));
    if (list.as_array(where).size() != want.size()) bad_input("{}: {} texts for {} rows of ids", where, list.as_array(where).size(), want.size());
    ParityStep& s = add("texts to token ids", 0);
    s.unit = "strings", s.shape = fmt::format("{} texts", want.size());
    try {
      clip_->tokenizer();
    } catch (const Error& e) {   // open_clip's vocabulary lies in its program, and in few of its checkpoints' folders
      if (e.kind() != ErrorKind::bad_input) throw;
      s.compared = false, s.note = e.what();
      return;
    }
    for (size_t i = 0; i < want.size(); i++) {
      const std::string& text = list.as_array(where)[i].as_string(where);
      if (clip_->tokenizer().encode_padded(text, static_cast<int64_t>(want[i].size())) == want[i]) continue;
      s.difference++;
      if (s.note.empty()) s.note = fmt::format("first: text {}, {}", i, Json(text).dump());
    }
  }

  fs::path folder_;
  const Json& json_;
  const ParityOptions& options_;
  std::unique_ptr<Clip> clip_;
  double limit_, step_limit_;
  Tensor image_, text_;
  std::vector<ParityStep> steps_;
};

// "hugging face clip (transformers 5.23.0, torch 2.15.0)"
std::string origin(const Json& json) {
  std::string what = json.get("layout", "", "case.json: layout"), by;
  if (const Json* source = json.find("source"); source && source->is_object())
    for (const auto& [library, version] : source->as_object("case.json: source"))
      by += (by.empty() ? "" : ", ") + library + " " + (version.is_string() ? version.as_string("source") : version.dump());
  if (by.empty()) return what;
  return what.empty() ? by : what + " (" + by + ")";
}

}  // namespace

ParityReport check_parity(const std::string& folder, const ParityOptions& options) {
  const NoTape none;
  const fs::path path = folder;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) bad_input("{}: not a folder; a case is a folder with inputs/ and expected/", folder);
  const std::string description = (path / "case.json").string();
  const Json json = is_there(description) ? Json::read(description) : Json::object();
  if (!json.is_object()) bad_input("{}: expected a JSON object", description);
  ParityReport report;
  if (fs::is_directory(path / "inputs", ignored)) {
    report.steps = ModelCase(folder, json, options).run();
    report.what = fmt::format("{}{}computed in {}", origin(json), origin(json).empty() ? "" : ", ", name_of(options.dtype));
  } else {
    if (json.has("pictures") || json.has("jpeg")) report = parity_of_pictures(folder, json);
    else if (is_there(path / "strings.jsonl")) report = parity_of_strings(folder, json, options);
    else report = parity_of_resizes(folder);
    report.what = origin(json);
  }
  const fs::path absolute = fs::absolute(path, ignored).lexically_normal();
  report.name = (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
  return report;
}

const ParityStep* ParityReport::first_difference() const {
  const auto found = std::ranges::find_if(steps, [](const ParityStep& s) { return !s.ok(); });
  return found == steps.end() ? nullptr : &*found;
}

std::string ParityReport::text() const {
  size_t wide = 4, shape = 5;
  for (const ParityStep& s : steps) wide = std::max(wide, s.name.size()), shape = std::max(shape, s.shape.size());
  std::string out = what.empty() ? name + "\n" : name + ": " + what + "\n";
  out += fmt::format("  {:<{}}  {:<{}}  {:>10}  {:>8}\n", "step", wide, "shape", shape, "difference", "limit");
  size_t compared = 0;
  for (const ParityStep& s : steps) {
    compared += s.compared;
    const std::string difference = s.compared ? fmt::format("{:.2g}", s.difference) : "-";
    out += fmt::format("  {:<{}}  {:<{}}  {:>10}  {:>8.2g}  {}{}\n", s.name, wide, s.shape, shape, difference, s.limit,
                       !s.compared ? "" : s.ok() ? "ok" : "DIFFERENT", s.note.empty() ? "" : (s.compared ? ": " : "") + s.note);
  }
  if (const ParityStep* s = first_difference())
    out += fmt::format("first to differ: {}, by {:.3g} ({}, limit {:.2g})\n", s->name, s->difference, s->unit, s->limit);
  else
    out += fmt::format("all {} steps agree\n", compared);
  return out;
}

Json ParityReport::json() const {
  Json list = Json::array();
  for (const ParityStep& s : steps) {
    Json row = Json::object().set("name", s.name).set("shape", s.shape).set("unit", s.unit);
    if (s.compared) row.set("difference", s.difference);
    row.set("limit", s.limit).set("compared", s.compared).set("ok", s.ok());
    if (!s.note.empty()) row.set("note", s.note);
    list.push(std::move(row));
  }
  const ParityStep* first = first_difference();
  Json all = Json::object().set("case", name).set("what", what).set("ok", first == nullptr);
  if (first) all.set("first_difference", first->name);
  return all.set("steps", std::move(list));
}

}  // namespace ceir
