// golden/clip: whole models in their on-disk layouts against the library that each comes from, step by step, in f32 and f64.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "data/image_set.h"
#include "models/clip.h"
#include "models/convert.h"
#include "models/embed.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/data/temp_folder.h"
#include "tests/shared_dir.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

// Every model in a layout that is opened as it lies (OpenAI's archives go through `ceir convert`).
std::vector<fs::path> cases() {
  std::vector<fs::path> list;
  for (const auto& entry : fs::directory_iterator(shared_dir() / "golden/clip"))
    if (fs::exists(entry.path() / "expected") && (fs::exists(entry.path() / "config.json") || fs::exists(entry.path() / "open_clip_config.json")))
      list.push_back(entry.path());
  std::sort(list.begin(), list.end());
  return list;
}

// max |a - b| / max |expected|, the measure of the golden README.
double relative_error(const Tensor& got, const Tensor& expected) {
  if (got.numel() != expected.numel()) return INFINITY;
  const std::vector<double> a = got.values(), b = expected.values();
  double error = 0, largest = 0;
  for (size_t i = 0; i < a.size(); i++) {
    error = std::max(error, std::isnan(a[i]) ? INFINITY : std::fabs(a[i] - b[i]));
    largest = std::max(largest, std::fabs(b[i]));
  }
  return error / largest;
}

struct Limits {
  DType dtype;
  double result, step;
};
// In f32 what the case says of its results (1e-5, or 3e-5 for residual networks), and 3e-5 for a step. In f64: the expected
// arrays are stored in f32, half an ulp of which is 6e-8 of each value.
std::vector<Limits> precisions(const fs::path& folder) {
  const Json json = Json::read((folder / "case.json").string());
  return {{DType::f32, json.at("tolerance", "case.json").at("float32", "case.json").as_double("float32"), 3e-5}, {DType::f64, 2e-7, 2e-7}};
}

void check_close(const Tensor& got, const fs::path& expected, double limit) {
  const double error = relative_error(got, read_npy(expected.string()));
  INFO(expected.string() << ": error " << error << ", limit " << limit);
  CHECK(error <= limit);
}

// The steps expected of one example, by the part of the file's name behind the number.
std::map<std::string, fs::path> expected_steps(const fs::path& folder, const std::string& prefix) {
  std::map<std::string, fs::path> steps;
  for (const auto& entry : fs::directory_iterator(folder / "expected")) {
    const std::string name = entry.path().stem().string();
    if (name.rfind(prefix, 0) == 0) steps[name.substr(prefix.size() + 3)] = entry.path();   // "NN_"
  }
  return steps;
}

// Collects the steps that a trace shows and compares those that are expected; causal text may be shorter than expected.
struct StepCheck {
  std::map<std::string, fs::path> expected;
  double limit;
  size_t seen = 0;

  Trace trace() {
    return [this](const std::string& name, const Tensor& value) {
      const auto found = expected.find(name);
      if (found == expected.end()) return;
      seen++;
      const Tensor first = value.rows(0, 1);
      const Tensor got = first.reshaped(first.shape().without(0));
      Tensor want = read_npy(found->second.string());
      if (got.rank() == 2 && want.dim(0) > got.dim(0)) want = want.rows(0, got.dim(0));
      const double error = relative_error(got, want);
      INFO(found->second.string() << ": error " << error << ", limit " << limit);
      CHECK(error <= limit);
    };
  }
};

Tensor normalised(const Tensor& features) {
  Tensor copy = features.clone();
  for (int64_t i = 0; i < copy.dim(0); i++) {
    const Tensor row = copy.rows(i, i + 1);
    double squares = 0;
    for (const double v : row.values()) squares += v * v;
    for (int64_t c = 0; c < copy.dim(1); c++) {
      if (copy.dtype() == DType::f32) copy.data<float>()[i * copy.dim(1) + c] /= static_cast<float>(std::sqrt(squares));
      else copy.data<double>()[i * copy.dim(1) + c] /= std::sqrt(squares);
    }
  }
  return copy;
}

std::vector<std::vector<int64_t>> id_rows(const Tensor& ids) {
  std::vector<std::vector<int64_t>> rows;
  for (int64_t i = 0; i < ids.dim(0); i++) {
    const Tensor row = ids.rows(i, i + 1).contiguous();
    rows.emplace_back(row.span<int64_t>().begin(), row.span<int64_t>().end());
  }
  return rows;
}

void check_case(const fs::path& folder, const Limits& limits, const std::string& model) {
  const auto clip = Clip::open(model, limits.dtype);
  const Json json = Json::read((folder / "case.json").string());
  const Json& examples = json.at("intermediate_steps", "case.json");
  Tensor image, text;
  if (clip->has_image()) {
    const Tensor pixels = read_npy((folder / "inputs/pixel_values.npy").string());
    image = clip->image_features(pixels);
    check_close(image, folder / "expected/image_embeds.npy", limits.result);
    check_close(normalised(image), folder / "expected/image_embeds_normalized.npy", limits.result);
    StepCheck steps{expected_steps(folder, "step_"), limits.step};
    const int64_t example = examples.at("image", "case.json").at("example", "case.json").as_int("example");
    const Trace trace = steps.trace();
    clip->image_features(pixels.rows(example, example + 1), &trace);
    CHECK(steps.seen == steps.expected.size());
  }
  if (clip->has_text()) {
    const auto ids = id_rows(read_npy((folder / "inputs/input_ids.npy").string()));
    text = clip->text_features(ids);
    check_close(text, folder / "expected/text_embeds.npy", limits.result);
    check_close(normalised(text), folder / "expected/text_embeds_normalized.npy", limits.result);
    StepCheck steps{expected_steps(folder, "text_step_"), limits.step};
    const Json* shown = examples.find("text");
    const int64_t example = shown ? shown->at("example", "case.json").as_int("example") : 0;
    const Trace trace = steps.trace();
    clip->text_features({ids[static_cast<size_t>(example)]}, &trace);
    CHECK(steps.seen == steps.expected.size());
  }
  if (image.defined() && text.defined() && fs::exists(folder / "expected/logits_per_image.npy"))
    check_close(clip->logits(image, text), folder / "expected/logits_per_image.npy", limits.result);
}

}  // namespace

TEST_CASE("CLIP: every case gives the embeddings, logits and steps of its library, in f32 and f64") {
  if (!have_shared("golden/clip")) return;
  REQUIRE(!cases().empty());
  for (const fs::path& folder : cases())
    for (const Limits& limits : precisions(folder)) {
      INFO("case " << folder.filename().string() << " in " << name_of(limits.dtype));
      check_case(folder, limits, folder.string());
    }
}

TEST_CASE("CLIP: OpenAI's archives and pickled checkpoints, converted, give the embeddings of their own code and the same bits as unconverted") {
  if (!have_shared("golden/clip")) return;
  size_t checked = 0;
  for (const auto& entry : fs::directory_iterator(shared_dir() / "golden/clip")) {
    const fs::path folder = entry.path();
    if (!fs::exists(folder / "case.json") || !fs::exists(folder / "expected")) continue;
    const Json json = Json::read((folder / "case.json").string());
    const Json* weights = json.find("weights");
    if (!weights || !weights->is_array()) continue;
    for (const Json& w : weights->as_array("case.json")) {
      const fs::path file = folder / w.as_string("case.json");
      if (file.extension() != ".pt" && file.extension() != ".bin") continue;
      CAPTURE(file.string());
      checked++;
      const TempFolder temporary;
      const std::string converted = temporary / "model";
      const CheckpointSource source = open_checkpoint(file.string());
      write_converted(source, find_tokenizer_for(source, ""), std::nullopt, converted);
      const auto direct = Clip::open(source.weights, source.config, file.string());
      const auto opened = Clip::open(converted);
      const Tensor pixels = read_npy((folder / "inputs/pixel_values.npy").string());
      const auto ids = id_rows(read_npy((folder / "inputs/input_ids.npy").string()));
      CHECK(opened->image_features(pixels).values() == direct->image_features(pixels).values());
      CHECK(opened->text_features(ids).values() == direct->text_features(ids).values());
      if (file.extension() == ".pt")   // the others' folders are cases of their own above
        for (const Limits& limits : precisions(folder)) check_case(folder, limits, converted);
    }
  }
  CHECK(checked > 0);
}

TEST_CASE("CLIP: padded ids give the embeddings of the texts, whatever the batch") {
  if (!have_shared("golden/clip")) return;
  for (const fs::path& folder : cases()) {
    if (!fs::exists(folder / "inputs/input_ids.npy")) continue;
    CAPTURE(folder.string());
    const auto clip = Clip::open(folder.string());
    const Tensor ids = read_npy((folder / "inputs/input_ids.npy").string());
    const Tensor one = embed_ids(*clip, ids, 1), all = embed_ids(*clip, ids, 64);
    CHECK(one.values() == all.values());
    check_close(all, folder / "expected/text_embeds.npy", precisions(folder)[0].result);
  }
}

TEST_CASE("CLIP: from picture files to embeddings, as the library gives them") {
  if (!have_shared("golden/clip")) return;
  for (const fs::path& folder : cases()) {
    const fs::path files = folder / "end_to_end";
    if (!fs::exists(files)) continue;
    CAPTURE(files.string());
    const auto clip = Clip::open(folder.string());
    const EmbedResult result = embed_images(*clip, *open_images(files.string()));
    CHECK(result.skipped.empty());
    check_close(result.features, files / "image_embeds.npy", precisions(folder)[0].result);
    check_close(embed_pixels(*clip, read_npy((files / "pixel_values.npy").string())), files / "image_embeds.npy", 1e-5);
  }
}

TEST_CASE("CLIP: from texts to embeddings, with the folder's own tokenizer") {
  if (!have_shared("golden/clip")) return;
  for (const fs::path& folder : cases()) {
    if (!fs::exists(folder / "inputs/texts.json")) continue;
    CAPTURE(folder.string());
    const auto clip = Clip::open(folder.string());
    std::vector<std::string> texts;
    const Json json = Json::read((folder / "inputs/texts.json").string());
    for (const Json& t : json.as_array("texts.json")) texts.push_back(t.as_string("texts.json"));
    check_close(embed_texts(*clip, texts), folder / "expected/text_embeds.npy", 1e-5);
  }
}
