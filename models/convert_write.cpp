// Writing a checkpoint's model in the layout that its libraries read.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "models/clip.h"
#include "models/clip_files.h"
#include "models/convert.h"
#include "models/tensor_check.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"
#include "weights/safetensors.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

// One tensor of the new file: which of ours it is made of, in their order, and how.
struct Target {
  std::string name;
  Shape shape;
  bool transposed = false;
  DType dtype = DType::f32;
  std::vector<size_t> parts;
};

DType wider(DType a, DType b) {
  if (a == b) return a;
  return a == DType::f64 || b == DType::f64 ? DType::f64 : DType::f32;   // f16 and bf16 hold each other's values in f32 alone
}

using NamedShapes = std::vector<std::pair<std::string, Shape>>;

std::vector<Target> targets_of(const CheckpointSource& source, const NamedShapes& ours, std::optional<DType> dtype) {
  const NameMap map{source.config.has_hugging_face_class() || !source.config.text ? WeightLayout::hugging_face : WeightLayout::open_clip};
  std::vector<Target> targets;
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < ours.size(); i++) {
    const StoredAs s = stored_as(ours[i].first, ours[i].second, map);
    const auto [it, fresh] = place.emplace(s.name, targets.size());
    if (fresh) targets.push_back({s.name, s.shape, s.transposed, DType::f32, std::vector<size_t>(static_cast<size_t>(s.parts))});
    targets[it->second].parts[static_cast<size_t>(s.part)] = i;
  }
  for (Target& t : targets) {
    const auto stored = [&](size_t part) { return dtype_of_stored(*stored_type(source.weights.info(source.places[part].name))); };
    t.dtype = stored(t.parts[0]);
    for (const size_t part : t.parts) t.dtype = wider(t.dtype, stored(part));
    if (dtype) t.dtype = *dtype;
  }
  return targets;
}

Tensor transposed(const Tensor& t) { return t.view({t.dim(1), t.dim(0)}, {t.stride(1), t.stride(0)}, 0); }

// f16 ends at 65504: a weight beyond would become infinite without a word.
void check_fits(const Tensor& wide, const Tensor& narrow, const std::string& what) {
  const Tensor a = wide.to(DType::f32).contiguous();
  const std::span<const float> from = a.span<float>();
  const std::span<const f16> to = narrow.span<f16>();
  for (size_t i = 0; i < from.size(); i++)
    if (std::isfinite(from[i]) && !std::isfinite(widen(to[i]))) bad_input("{}: holds {}, which f16 cannot; write bf16 or f32", what, from[i]);
}

// The configuration's files; Hugging Face's own are kept as they are, for they say more than we read.
void write_configuration(const CheckpointSource& source, std::optional<DType> dtype, const std::string& folder) {
  for (const auto& [name, content] : config_files(source.config, source.preprocess.value_or(Preprocess{}))) {
    const std::string original = source.folder + "/" + name;
    std::error_code ignored;
    if (source.folder.empty() || source.origin == CheckpointOrigin::torchvision || !fs::is_regular_file(original, ignored)) {
      write_file(folder + "/" + name, content);
      continue;
    }
    std::string text = read_text_file(original);
    if (name == "config.json" && dtype) {
      Json json = Json::parse(text, printable(original, 4096));
      for (const char* key : {"torch_dtype", "dtype"})
        if (json.has(key)) json.set(key, *dtype == DType::f16 ? "float16" : *dtype == DType::bf16 ? "bfloat16" : "float32");
      text = json.dump(2) + "\n";
    }
    write_file(folder + "/" + name, text);
  }
}

}  // namespace

ConvertPlan plan_conversion(const CheckpointSource& source, std::optional<DType> weights_dtype) {
  ConvertPlan plan{!source.config.has_hugging_face_class() && source.config.text.has_value(), weights_file_name(source.config), 0, 0, {}};
  for (const Target& t : targets_of(source, Clip::tensors_of(source.config), weights_dtype)) {
    plan.tensors++;
    plan.bytes += t.shape.numel() * size_of(t.dtype);
    if (std::ranges::find(plan.types, safetensors_word(t.dtype)) == plan.types.end()) plan.types.emplace_back(safetensors_word(t.dtype));
  }
  std::ranges::sort(plan.types);
  return plan;
}

void write_converted(const CheckpointSource& source, const FoundTokenizer& tokenizer, std::optional<DType> weights_dtype, const std::string& folder, Monitor* monitor) {
  if (weights_dtype && *weights_dtype != DType::f32 && *weights_dtype != DType::f16 && *weights_dtype != DType::bf16)
    usage_error("weights are written as f32, f16 or bf16, not as {}", name_of(*weights_dtype));
  const NamedShapes ours = Clip::tensors_of(source.config);
  const std::vector<Target> targets = targets_of(source, ours, weights_dtype);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) bad_input("{}: cannot make the folder: {}", printable(folder, 4096), error.message());
  write_configuration(source, weights_dtype, folder);
  for (const auto& [name, content] : tokenizer.files) write_file(folder + "/" + name, content);
  std::vector<SafetensorsWriter::Announced> announced;
  for (const Target& t : targets) announced.push_back({t.name, t.dtype, t.shape});
  const std::string path = folder + "/" + weights_file_name(source.config);
  SafetensorsWriter writer(path, announced, {{"format", "pt"}});
  for (size_t i = 0; i < targets.size(); i++) {
    const Target& t = targets[i];
    throw_if_interrupted();
    report(monitor, "convert", static_cast<int64_t>(i), static_cast<int64_t>(targets.size()), "tensors", t.name);
    for (const size_t part : t.parts) {
      const StoredAs& place = source.places[part];
      const Tensor whole = source.weights.stored(place.name);
      Tensor mine = whole.rank() == ours[part].second.rank() ? part_of(whole, place) : whole.contiguous().reshaped(ours[part].second);
      if (t.transposed) mine = transposed(mine);
      const Tensor out = mine.to(t.dtype).contiguous();
      if (t.dtype == DType::f16 && mine.dtype() != DType::f16) check_fits(mine, out, fmt::format("{}: tensor '{}'", source.weights.path(), printable(place.name)));
      writer.write(out);
    }
    for (const size_t part : t.parts) source.weights.forget(source.places[part].name);
  }
  writer.commit();
  place_tensors(WeightFiles(path), ours);   // what was written is what a model of this configuration needs
}

}  // namespace ceir
