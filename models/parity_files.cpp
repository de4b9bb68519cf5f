// Cases without a model: pictures, resizes, strings. One line of the report stands for all arrays of a kind.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>

#include "data/preprocess.h"
#include "data/tokenizer.h"
#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "models/model_parts.h"
#include "models/parity.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"

namespace ceir {
namespace {

namespace fs = std::filesystem;

const std::string case_file = "case.json";

// (H, W, 3) bytes of an .npy, or the pixels of a PNG.
Image expected_image(const fs::path& path) {
  if (path.extension() == ".png") return load_image(path.string(), {.apply_exif_orientation = false});
  const Tensor t = read_npy(path.string()).contiguous();
  if (t.rank() != 3 || t.dim(2) != 3 || t.dtype() != DType::u8 || t.numel() > max_pixels) bad_input("{}: has shape {}, expected (H, W, 3) bytes", path.string(), t.shape().str());
  Image image;
  image.height = static_cast<int>(t.dim(0)), image.width = static_cast<int>(t.dim(1));
  image.pixels.assign(t.data<uint8_t>(), t.data<uint8_t>() + t.numel());
  return image;
}

// Counts differing bytes, or finds the largest difference in levels; infinite for another size.
double byte_difference(const Image& got, const Image& want, bool levels) {
  if (got.width != want.width || got.height != want.height || got.channels != want.channels) return std::numeric_limits<double>::infinity();
  int64_t count = 0, worst = 0;
  for (size_t i = 0; i < got.pixels.size(); i++) {
    const int64_t d = std::abs(int{got.pixels[i]} - int{want.pixels[i]});
    count += d != 0, worst = std::max(worst, d);
  }
  return static_cast<double>(levels ? worst : count);
}

// The lines of a report, one for each kind, in the order in which kinds come up.
class Lines {
 public:
  ParityStep& of(const std::string& kind, const char* unit, double limit) {
    throw_if_interrupted();
    const auto [it, fresh] = index_.emplace(kind, steps_.size());
    if (fresh) {
      ParityStep s;
      s.name = kind, s.unit = unit, s.limit = limit;
      steps_.push_back(std::move(s));
      counts_.push_back(0);
    }
    counts_[it->second]++;
    return steps_[it->second];
  }
  // `sum`: differences add up (bytes); else the largest counts.
  static void count(ParityStep& s, double difference, const std::string& which, bool sum) {
    if (difference > (sum ? 0 : std::max(s.difference, s.limit)) && (s.note.empty() || !sum)) s.note = (sum ? "first: " : "worst: ") + which;
    s.difference = sum ? s.difference + difference : std::max(s.difference, difference);
  }
  ParityReport report(const char* what) {
    for (size_t i = 0; i < steps_.size(); i++) steps_[i].shape = fmt::format("{} {}", counts_[i], what);
    return {"", "", std::move(steps_)};
  }
  bool empty() const { return steps_.empty(); }

 private:
  std::map<std::string, size_t> index_;
  std::vector<ParityStep> steps_;
  std::vector<int64_t> counts_;
};

// A file that case.json names, inside of the case's folder.
fs::path inside(const std::string& folder, const Json& name) {
  const fs::path file = name.as_string(case_file + ": file");
  if (file.is_absolute() || std::ranges::find(file, fs::path("..")) != file.end()) bad_input("{}/{}: names the file '{}', which lies outside of the folder", folder, case_file, file.string());
  return fs::path(folder) / file;
}

void check_picture(Lines& lines, const std::string& folder, const Json& picture) {
  const fs::path image = inside(folder, picture.at("image", case_file));
  const bool grey16 = picture.get("pillow_mode", "", case_file + ": pillow_mode").starts_with("I");
  for (const auto& [size_name, by_key] : picture.at("expected", case_file).as_object(case_file + ": expected"))
    for (const auto& [key, file] : by_key.as_object(case_file + ": expected")) {
      // Not reproduced on purpose: transformers 5 lays transparent pictures over white, and Pillow clips 16-bit grey.
      if (key.find("transformers5") != std::string::npos || (grey16 && key.find("high_byte") == std::string::npos)) continue;
      const int size = std::atoi(size_name.c_str());
      if (size < 1 || size > 8192) bad_input("{}/{}: '{}' is no size of a picture", folder, case_file, size_name);
      Preprocess p = Preprocess::of_style(key.starts_with("openclip") ? PreprocessStyle::openclip : key.starts_with("siglip") ? PreprocessStyle::siglip : PreprocessStyle::hf, size);
      p.exif = key.find("_oriented") != std::string::npos;
      const Image square = to_square(load_image(image.string(), p.decode_options()), p);
      const std::string name = fmt::format("{}, {} pixels", key, size);
      if (key.find("float32") == std::string::npos) {
        Lines::count(lines.of(name, "bytes", 0), byte_difference(square, expected_image(inside(folder, file)), false), image.filename().string(), true);
        continue;
      }
      const Tensor want = read_npy(inside(folder, file).string()).to(DType::f32).contiguous(), got = Tensor::empty({3, size, size});
      normalise_into(square, p, const_cast<float*>(got.data<float>()));
      double worst = got.shape() == want.shape() ? 0 : std::numeric_limits<double>::infinity();
      for (int64_t i = 0; std::isfinite(worst) && i < got.numel(); i++) worst = std::max(worst, std::fabs(double{got.data<float>()[i]} - double{want.data<float>()[i]}));
      Lines::count(lines.of(name, "absolute", 2e-6), worst, image.filename().string(), false);
    }
}

}  // namespace

ParityReport parity_of_pictures(const std::string& folder, const Json& json) {
  Lines lines;
  if (const Json* pictures = json.find("pictures"))
    for (const Json& picture : pictures->as_array(case_file + ": pictures")) check_picture(lines, folder, picture);
  if (const Json* jpegs = json.find("jpeg"))
    for (const Json& j : jpegs->as_array(case_file + ": jpeg")) {
      const fs::path file = inside(folder, j.at("file", case_file));
      for (const bool upright : {false, true}) {
        const Json* want = j.find(upright ? "rgb_with_orientation_applied" : "rgb");
        if (!want) continue;
        const Image got = load_image(file.string(), {.apply_exif_orientation = upright});
        Lines::count(lines.of(upright ? "JPEG, upright" : "JPEG", "levels", 4), byte_difference(got, expected_image(inside(folder, *want)), true), file.filename().string(), false);
      }
    }
  if (lines.empty()) bad_input("{}/{}: names no picture that can be compared", folder, case_file);
  return lines.report("pictures");
}

ParityReport parity_of_resizes(const std::string& folder) {
  static const std::pair<const char*, Filter> filters[] = {{"nearest", Filter::nearest}, {"box", Filter::box}, {"bilinear", Filter::bilinear},
                                                           {"hamming", Filter::hamming}, {"bicubic", Filter::bicubic}, {"lanczos", Filter::lanczos}};
  Lines lines;
  std::vector<fs::path> sources;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().string().ends_with(".source.npy")) sources.push_back(entry.path());
  std::ranges::sort(sources);
  for (const auto& [name, filter] : filters)
    for (const fs::path& source : sources) {
      std::string file = source.string();
      file.replace(file.size() - 10, 6, name);
      if (!fs::exists(file, ignored)) continue;
      const Image want = expected_image(file), from = expected_image(source);
      if (want.pixels.empty() || from.pixels.empty()) bad_input("{}: an empty picture", file);
      Lines::count(lines.of(name, "bytes", 0), byte_difference(resize(from, want.width, want.height, filter), want, false), fs::path(file).filename().string(), true);
    }
  if (lines.empty())
    bad_input("{}: not a case that is known: it has neither inputs/ with expected/, nor case.json with pictures, nor strings.jsonl, nor NAME.source.npy", folder);
  return lines.report("resizes");
}

ParityReport parity_of_strings(const std::string& folder, const Json& json, const ParityOptions& options) {
  // The tokenizer's folder, by the file that case.json names: "../hf_g_full_vocab/vocab.json and merges.txt".
  std::string model = options.model;
  for (const char* key : {"vocabulary", "model"})
    if (const std::string named = json.get(key, "", case_file + ": " + key); model.empty() && !named.empty())
      model = (fs::path(folder) / fs::path(named.substr(0, named.find(' '))).parent_path()).string();
  if (model.empty()) model = folder;
  struct Form {
    const char* name;
    std::vector<const char*> keys;
    std::optional<TextForm> form;
  };
  static const Form forms[] = {{"Hugging Face's form", {"hf_ids"}, TextForm::hf},
                               {"OpenAI's form without ftfy", {"openai_ids_without_ftfy", "openai_ids"}, TextForm::openai},
                               {"token ids", {"ids"}, std::nullopt}};
  const std::string file = folder + "/strings.jsonl";
  const std::vector<std::string> strings = read_lines(file);
  Lines lines;
  for (const Form& form : forms) {
    std::unique_ptr<Tokenizer> tokenizer;
    for (size_t i = 0; i < strings.size(); i++) {
      const std::string at = fmt::format("{}, line {}", file, i + 1);
      const Json line = Json::parse(strings[i], at);
      const Json* want = nullptr;
      for (const char* key : form.keys)
        if (!want) want = line.find(key);
      if (!want) continue;
      if (!tokenizer) tokenizer = tokenizer_of_model(model, form.form);
      const std::string& text = line.at("text", at).as_string(at);
      std::vector<int64_t> ids = tokenizer->encode(text);  // expected without start and end
      if (!ids.empty()) ids.pop_back();
      if (tokenizer->start_id() >= 0 && !ids.empty()) ids.erase(ids.begin());
      bool same = want->as_array(at).size() == ids.size();
      for (size_t k = 0; same && k < ids.size(); k++) same = want->as_array(at)[k].as_int(at) == ids[k];
      Lines::count(lines.of(form.name, "strings", 0), same ? 0 : 1, fmt::format("line {}, {}", i + 1, Json(text).dump()), true);
    }
  }
  if (lines.empty()) bad_input("{}: no line holds hf_ids, openai_ids or ids to compare with", file);
  return lines.report("strings");
}

}  // namespace ceir
