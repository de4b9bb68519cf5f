// Token ids of the golden strings: CLIP's byte-pair in both forms, SigLIP's SentencePiece, BERT's WordPiece, and the
// texts of every model case. The aim is no mismatch at all.
#include <doctest/doctest.h>

#include <filesystem>

#include "data/tokenizer.h"
#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"

using namespace ceir;
using namespace ceir::test;

namespace {

std::vector<int64_t> ids_of(const Json& v) {
  std::vector<int64_t> ids;
  for (const Json& id : v.as_array("ids")) ids.push_back(id.as_int("ids"));
  return ids;
}

std::vector<int64_t> without_specials(const Tokenizer& t, std::vector<int64_t> ids) {
  REQUIRE(!ids.empty());
  ids.pop_back();
  if (t.start_id() >= 0) ids.erase(ids.begin());
  return ids;
}

std::string shown(const std::vector<int64_t>& ids) {
  std::string s;
  for (const int64_t id : ids) s += std::to_string(id) + " ";
  return s;
}

// Compares every line of strings.jsonl under each key in `keys` (the first one that a line has).
void check_strings(const Tokenizer& t, const std::string& file, const std::vector<std::string>& keys) {
  int64_t strings = 0, mismatches = 0;
  for (const std::string& line : read_lines(file)) {
    const Json j = Json::parse(line, file);
    const Json* expected = nullptr;
    for (const std::string& key : keys)
      if (!expected) expected = j.find(key);
    REQUIRE(expected != nullptr);
    const std::string& text = j.at("text", file).as_string(file);
    const std::vector<int64_t> want = ids_of(*expected), got = without_specials(t, t.encode(text));
    strings++;
    if (got == want) continue;
    if (++mismatches <= 10) MESSAGE("line " << strings << ": " << j.at("text", file).dump() << "\n  want " << shown(want) << "\n  got  " << shown(got));
  }
  CHECK(strings > 0);
  CHECK(mismatches == 0);
}

}  // namespace

TEST_CASE("CLIP byte-pair: the ids of Hugging Face, string for string") {
  if (!have_shared("golden/clip/tokenizer_clip/strings.jsonl")) return;
  const auto t = open_tokenizer((shared_dir() / "golden/clip/hf_g_full_vocab").string());
  check_strings(*t, (shared_dir() / "golden/clip/tokenizer_clip/strings.jsonl").string(), {"hf_ids"});
}

TEST_CASE("CLIP byte-pair: the ids of OpenAI's tokenizer without ftfy, string for string") {
  if (!have_shared("golden/clip/tokenizer_clip/strings.jsonl")) return;
  const auto t = open_tokenizer((shared_dir() / "golden/clip/hf_g_full_vocab").string(), TextForm::openai);
  check_strings(*t, (shared_dir() / "golden/clip/tokenizer_clip/strings.jsonl").string(), {"openai_ids_without_ftfy", "openai_ids"});
}

TEST_CASE("SigLIP SentencePiece: the ids of transformers, string for string") {
  if (!have_shared("golden/clip/tokenizer_siglip/strings.jsonl")) return;
  const auto t = open_tokenizer((shared_dir() / "golden/clip/siglip_a").string());
  check_strings(*t, (shared_dir() / "golden/clip/tokenizer_siglip/strings.jsonl").string(), {"ids"});
}

TEST_CASE("model cases: the padded ids of their texts") {
  if (!have_shared("golden/clip")) return;
  namespace fs = std::filesystem;
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(shared_dir() / "golden/clip")) {
    const fs::path folder = entry.path();
    const bool tokenizer = fs::exists(folder / "tokenizer.json") || fs::exists(folder / "vocab.json") || fs::exists(folder / "spiece.model");
    if (!tokenizer || !fs::exists(folder / "inputs/texts.json")) continue;
    CAPTURE(folder.string());
    cases++;
    const auto t = open_tokenizer(folder.string());
    const Json texts = Json::read((folder / "inputs/texts.json").string());
    const Tensor ids = read_npy((folder / "inputs/input_ids.npy").string()).to(DType::i64);
    REQUIRE(ids.dim(0) == static_cast<int64_t>(texts.as_array("texts").size()));
    for (int64_t row = 0; row < ids.dim(0); row++) {
      const std::string& text = texts.as_array("texts")[static_cast<size_t>(row)].as_string("text");
      const auto span = ids.span<int64_t>().subspan(static_cast<size_t>(row * ids.dim(1)), static_cast<size_t>(ids.dim(1)));
      const std::vector<int64_t> want(span.begin(), span.end()), got = t->encode_padded(text, ids.dim(1));
      CAPTURE(text);
      CHECK(shown(got) == shown(want));
    }
  }
  CHECK(cases > 0);
}

TEST_CASE("MiniLM WordPiece: the ids of every string") {
  if (!have_shared("golden/method/minilm") || !have_shared("data/minilm/tokenizer.json")) return;
  namespace fs = std::filesystem;
  const auto t = open_tokenizer((shared_dir() / "data/minilm").string());
  int64_t strings = 0, mismatches = 0;
  for (const auto& entry : fs::directory_iterator(shared_dir() / "golden/method/minilm")) {
    const fs::path folder = entry.path();
    if (!fs::exists(folder / "strings.json")) continue;
    const Json texts = Json::read((folder / "strings.json").string());
    const Tensor ids = read_npy((folder / "ids.npy").string()), offset = read_npy((folder / "offset.npy").string());
    for (size_t i = 0; i < texts.as_array("strings").size(); i++) {
      const std::string& text = texts.as_array("strings")[i].as_string("string");
      const auto span = ids.span<int64_t>().subspan(static_cast<size_t>(offset.span<int64_t>()[i]),
                                                    static_cast<size_t>(offset.span<int64_t>()[i + 1] - offset.span<int64_t>()[i]));
      const std::vector<int64_t> want(span.begin(), span.end()), got = t->encode(text);
      strings++;
      if (got == want) continue;
      if (++mismatches <= 10) MESSAGE(Json(text).dump() << "\n  want " << shown(want) << "\n  got  " << shown(got));
    }
  }
  CHECK(strings > 0);
  CHECK(mismatches == 0);
}
