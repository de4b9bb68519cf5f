// The golden pictures and strings through the commands themselves, as a user gives them.
#include <doctest/doctest.h>

#include <map>
#include <tuple>

#include "data/image.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"
#include "tests/tools/process.h"

using namespace ceir;
using namespace ceir::test;

namespace {

namespace fs = std::filesystem;

std::vector<uint8_t> expected_bytes(const fs::path& path) {
  if (path.extension() == ".png") return load_image(path).pixels;
  const Tensor t = read_npy(path).contiguous();
  return {t.data<uint8_t>(), t.data<uint8_t>() + t.numel()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("ceir preprocess: the bytes of the three libraries for every PNG") {
  if (!have_shared("golden/clip/preprocess")) return;
  const fs::path folder = shared_dir() / "golden/clip/preprocess";
  const Json json = Json::read(folder / "case.json");
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::pair<std::string, fs::path>>> runs;  // style, size, exif
  for (const Json& picture : json.at("pictures", "case.json").as_array("pictures")) {
    const bool grey16 = picture.get("pillow_mode", "", "pillow_mode").starts_with("I");
    for (const auto& [size, by_key] : picture.at("expected", "picture").as_object("expected"))
      for (const auto& [key, file] : by_key.as_object("expected")) {
        if (key.find("float32") != std::string::npos || key.find("transformers5") != std::string::npos) continue;
        if (grey16 && key.find("high_byte") == std::string::npos) continue;
        const std::string style = key.starts_with("hf") ? "hf" : key.starts_with("openclip") ? "openclip" : "siglip";
        const bool upright = key.find("_oriented") != std::string::npos;
        runs[{style, size, upright ? "apply" : "ignore"}].emplace_back(folder / picture.at("image", "picture").as_string("image"), folder / file.as_string("file"));
      }
  }
  CHECK(!runs.empty());
  for (const auto& [how, pictures] : runs) {
    const auto& [style, size, exif] = how;
    const TempFolder out;
    std::string paths;
    for (const auto& [picture, file] : pictures) paths += picture + "\n";
    const Finished f = ceir_process({"preprocess", "-", "--style", style, "--size", size, "--exif", exif, "--stage", "bytes", "--quiet", "--out", out / "x.npy"}, {.input = paths});
    CAPTURE(f.err);
    REQUIRE(f.code == 0);
    const Tensor got = read_npy(out / "x.npy").contiguous();  // (N, S, S, 3)
    REQUIRE(got.dim(0) == static_cast<int64_t>(pictures.size()));
    const int64_t bytes = got.numel() / got.dim(0);
    for (size_t i = 0; i < pictures.size(); i++) {
      CAPTURE(pictures[i].second.string());
      const uint8_t* row = got.data<uint8_t>() + static_cast<int64_t>(i) * bytes;
      CHECK(std::vector<uint8_t>(row, row + bytes) == expected_bytes(pictures[i].second));
    }
  }
}

TEST_CASE("ceir tokenize: the ids of every golden string in both forms") {
  if (!have_shared("golden/clip/tokenizer_clip/strings.jsonl")) return;
  const std::string strings = shared_dir() / "golden/clip/tokenizer_clip/strings.jsonl", model = shared_dir() / "golden/clip/hf_g_full_vocab";
  const std::vector<std::string> texts = read_lines(strings);
  const std::pair<const char*, std::vector<const char*>> forms[] = {{"hf", {"hf_ids"}}, {"openai", {"openai_ids_without_ftfy", "openai_ids"}}};
  for (const auto& [form, keys] : forms) {
    const Finished f = ceir_process({"tokenize", "--model", model, "--texts", strings, "--form", form});
    CAPTURE(f.err);
    REQUIRE(f.code == 0);
    const std::vector<std::string> got = lines_of(f.out);
    REQUIRE(got.size() == texts.size());
    int64_t different = 0;
    for (size_t i = 0; i < got.size(); i++) {
      const Json line = Json::parse(texts[i], strings), row = Json::parse(got[i], "stdout");
      const Json* want = nullptr;
      for (const char* key : keys)
        if (!want) want = line.find(key);
      REQUIRE(want != nullptr);
      Json::Array ids = row.as_array("ids");
      REQUIRE(ids.size() >= 2);
      ids.erase(ids.begin()), ids.pop_back();
      Json inner = Json::array();
      for (Json& id : ids) inner.push(std::move(id));
      different += inner.dump() != want->dump();
    }
    CHECK(different == 0);
  }
}
