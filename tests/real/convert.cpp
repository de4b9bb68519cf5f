// golden/clip through `convert`: archives, pickles and folders of every layout give the embeddings of their libraries, and
// the same bits as the source read directly.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "data/openai_vocabulary.h"
#include "models/clip.h"
#include "models/convert.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/scratch.h"
#include "tests/shared_dir.h"
#include "weights/pickled.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

double relative_error(const Tensor& got, const Tensor& expected) {
  const std::vector<double> a = got.values(), b = expected.values();
  if (a.size() != b.size()) return INFINITY;
  double error = 0, largest = 0;
  for (size_t i = 0; i < a.size(); i++) error = std::max(error, std::isnan(a[i]) ? INFINITY : std::fabs(a[i] - b[i])), largest = std::max(largest, std::fabs(b[i]));
  return error / largest;
}

std::vector<std::vector<int64_t>> ids_of(const std::string& path) {
  const Tensor t = read_npy(path).to(DType::i64).contiguous();
  std::vector<std::vector<int64_t>> ids;
  for (int64_t i = 0; i < t.dim(0); i++) ids.emplace_back(t.data<int64_t>() + i * t.dim(1), t.data<int64_t>() + (i + 1) * t.dim(1));
  return ids;
}

// The pickle where a folder has one, else the folder.
std::string source_of(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (named_pickled(entry.path().string())) return entry.path().string();
  return folder.string();
}

}  // namespace

TEST_CASE("real: every golden model through convert") {
  if (!have_shared("golden/clip")) return;
  const Scratch cache;
  ::setenv("HF_HUB_CACHE", cache.path.c_str(), 1);
  int models = 0, pickles = 0;
  for (const auto& entry : fs::directory_iterator(shared_dir() / "golden/clip")) {
    const fs::path folder = entry.path();
    if (!fs::exists(folder / "expected") || !fs::exists(folder / "case.json")) continue;
    if (!fs::exists(folder / "inputs/pixel_values.npy") && !fs::exists(folder / "inputs/input_ids.npy")) continue;
    CAPTURE(folder.string());
    const std::string source = source_of(folder);
    const Json info = Json::read((folder / "case.json").string());
    const Json* tolerance = info.find("tolerance");
    const double most = tolerance && tolerance->has("float32") ? tolerance->at("float32", "").as_double("") : 1e-5;
    models++;
    pickles += named_pickled(source);
    const Scratch dir;
    const CheckpointSource s = open_checkpoint(source);
    write_converted(s, find_tokenizer_for(s, ""), {}, dir / "m");
    write_converted(s, {}, DType::f32, dir / "wide");
    const auto direct = Clip::open(s.weights, s.config, "direct");
    const auto converted = Clip::open(dir / "m"), wide = Clip::open(dir / "wide");
    if (const std::string x = (folder / "inputs/pixel_values.npy").string(); fs::exists(x)) {
      const Tensor pixels = read_npy(x), got = converted->image_features(pixels);
      CHECK(got.values() == direct->image_features(pixels).values());
      CHECK(got.values() == wide->image_features(pixels).values());
      CHECK(relative_error(got, read_npy((folder / "expected/image_embeds.npy").string())) <= most);
    }
    if (const std::string x = (folder / "inputs/input_ids.npy").string(); fs::exists(x)) {
      const auto ids = ids_of(x);
      const Tensor got = converted->text_features(ids);
      CHECK(got.values() == direct->text_features(ids).values());
      CHECK(got.values() == wide->text_features(ids).values());
      CHECK(relative_error(got, read_npy((folder / "expected/text_embeds.npy").string())) <= most);
    }
  }
  CHECK(models > 0);
  CHECK(pickles > 0);
  ::unsetenv("HF_HUB_CACHE");
}

TEST_CASE("real: OpenAI's own vocabulary file gives the vocabulary and the ids of the golden strings") {
  if (!have_shared("golden/clip/tokenizer_clip/strings.jsonl")) return;
  const fs::path golden = shared_dir() / "golden/clip";
  std::string merges;   // bpe_simple_vocab_16e6.txt is a heading and the merges
  for (const auto& entry : fs::directory_iterator(golden))
    if (fs::exists(entry.path() / "merges.txt") && fs::file_size(entry.path() / "merges.txt") > 100'000) merges = entry.path().string();
  REQUIRE_FALSE(merges.empty());
  const Scratch dir;
  write_file(dir / "bpe_simple_vocab_16e6.txt", read_text_file(merges + "/merges.txt"));
  TokenizerFiles files = openai_vocabulary(dir / "bpe_simple_vocab_16e6.txt");
  const Json ours = Json::parse(files.at("vocab.json"), "ours"), theirs = Json::read(merges + "/vocab.json");
  REQUIRE(ours.as_object("").size() == theirs.as_object("").size());
  int differing = 0;
  for (const auto& [token, id] : ours.as_object("")) differing += theirs.at(token, "theirs").as_int("") != id.as_int("");
  CHECK(differing == 0);
  // As `convert` writes it for an archive: the form lies in the files.
  Json config = Json::parse(files.at("tokenizer_config.json"), "config");
  files["tokenizer_config.json"] = config.set("ceir_text_form", "openai").dump();
  const auto tokenizer = open_tokenizer(files, "converted");
  int wrong = 0, strings = 0;
  for (const std::string& line : read_lines((golden / "tokenizer_clip/strings.jsonl").string())) {
    const Json j = Json::parse(line, "strings.jsonl");
    const Json& expected = j.has("openai_ids_without_ftfy") ? j.at("openai_ids_without_ftfy", "") : j.at("openai_ids", "");
    std::vector<int64_t> ids{tokenizer->start_id()};
    for (const Json& id : expected.as_array("")) ids.push_back(id.as_int(""));
    ids.push_back(tokenizer->end_id());
    wrong += tokenizer->encode(j.at("text", "").as_string("")) != ids;
    strings++;
  }
  CHECK(strings > 1000);
  CHECK(wrong == 0);
}
