// `ceir convert` as a user runs it: what it leaves behind, and what it does not.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "models/clip.h"
#include "tensor/io/file.h"
#include "tests/checkpoint_writer.h"
#include "tests/models/tiny_clip.h"
#include "tests/scratch.h"
#include "tests/tools/process.h"
#include "weights/name_map.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

// A small CLIP whose weights are pickled, with its tokenizer: nano's.
void pickled_model(const std::string& folder) {
  const auto clip = Clip::create(tiny_config(), 2);
  clip->save(folder);
  std::vector<std::pair<std::string, std::string>> tensors;
  std::vector<std::string> storages;
  for (auto& [name, tensor] : clip->parameters()) {
    const Strides s = contiguous_strides(tensor->shape());
    tensors.emplace_back(name, pk::tensor_of(pk::storage("FloatStorage", std::to_string(storages.size()), tensor->numel()), 0, {tensor->shape().begin(), tensor->shape().end()}, {s.begin(), s.begin() + tensor->rank()}));
    storages.emplace_back(reinterpret_cast<const char*>(tensor->contiguous().bytes_begin()), static_cast<size_t>(tensor->bytes()));
  }
  fs::remove(folder + "/model.safetensors");
  write_file(folder + "/pytorch_model.bin", checkpoint_of(pk::ordered(tensors), storages));
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("ceir convert: exit codes, --dry-run, --json, --force, and nothing half-written") {
  const Scratch dir;
  const ProcessOptions offline{.environment = {{"HF_HUB_CACHE", dir / "cache"}}};
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "convert");
    return ceir_process(arguments, offline);
  };
  pickled_model(dir / "m");
  const std::string source = dir / "m", out = dir / "out";

  const Finished dry = run({source, out, "--dry-run"});
  CHECK(dry.code == 0);
  CHECK(dry.out.find("F32") != std::string::npos);
  CHECK_FALSE(fs::exists(out));

  const Finished first = run({source, out, "--json"});   // without a vocabulary: a warning and success
  CHECK(first.code == 0);
  CHECK(first.err.find("warning: no vocabulary") != std::string::npos);
  CHECK(Json::parse(first.out, "out").at("layout", "").as_string("") == "Hugging Face");
  CHECK(names_in(out) == std::vector<std::string>{"config.json", "model.safetensors", "preprocessor_config.json"});
  CHECK_FALSE(fs::exists(out + ".partial"));
  const std::string before = slurp(out + "/model.safetensors");

  CHECK(run({source, out}).code == 3);   // exists
  CHECK(run({source, out, "--force", "--weights-dtype", "f16"}).code == 0);
  CHECK(slurp(out + "/model.safetensors").size() < before.size());
  CHECK(run({source, out, "--force"}).code == 0);
  CHECK(slurp(out + "/model.safetensors") == before);   // the same bytes as the first time

  fs::create_directories(dir / "precious/photos");
  const Finished refused = run({source, dir / "precious", "--force"});
  CHECK(refused.code == 3);
  CHECK(refused.err.find("no model folder") != std::string::npos);
  CHECK(fs::exists(dir / "precious/photos"));

  CHECK(run({source}).code == 2);
  CHECK(run({source, dir / "x", "--weights-dtype", "int8"}).code == 2);
  CHECK(run({dir / "missing.pt", dir / "x"}).code == 3);
  CHECK(run({"openai/clip-vit-base-patch32", dir / "x"}).code == 6);   // not in the cache
  write_file(dir / "evil.pt", checkpoint_of("cos\nsystem\n" + pk::text("touch " + (dir / "canary")) + "\x85R", {}));
  const Finished evil = run({dir / "evil.pt", dir / "x"});
  CHECK(evil.code == 3);
  CHECK(evil.err.find("'os.system'") != std::string::npos);
  CHECK(std::count(evil.err.begin(), evil.err.end(), '\n') == 1);
  CHECK_FALSE(fs::exists(dir / "canary"));
  CHECK_FALSE(fs::exists(dir / "x"));
  CHECK_FALSE(fs::exists(dir / "x.partial"));

  // A disk that is full in the middle leaves the previous model as it was.
  ProcessOptions full = offline;
  full.longest_file = 4096;
  CHECK(ceir_process({"convert", source, out, "--force", "--weights-dtype", "bf16"}, full).code == 5);
  CHECK(slurp(out + "/model.safetensors") == before);

  CHECK(ceir_process({"convert", "--help"}).out.find("ceir convert ViT-B-32.pt") != std::string::npos);
}

TEST_CASE("ceir inspect: --known, and pickles by what they hold") {
  const Scratch dir;
  pickled_model(dir / "m");
  const Finished known = ceir_process({"inspect", "--known"});
  CHECK(known.code == 0);
  for (const char* name : {"ViT-L-14-336", "RN50x64", "ViT-bigG-14", "ViT-SO400M-14-SigLIP", "ResNet-50", "laion2b_s34b_b79k"}) CHECK(known.out.find(name) != std::string::npos);
  CHECK(Json::parse(ceir_process({"inspect", "--known", "--json"}).out, "json").at("architectures", "").as_array("").size() > 20);
  const Finished model = ceir_process({"inspect", dir / "m", "--json"});
  CHECK(model.code == 0);
  CHECK(Json::parse(model.out, "json").at("complete", "").as_bool("complete"));
  CHECK(ceir_process({"inspect"}).code == 2);
}

TEST_CASE("ceir convert: the vocabulary of an open_clip model comes from --tokenizer, or from a CLIP in the cache") {
  const Scratch dir;
  const std::string cached = dir / "cache/models--a--clip/snapshots/0";
  fs::create_directories(cached);
  // Five letters, their ends, one merge.
  Json vocabulary = Json::object();
  int64_t id = 0;
  for (const char* t : {"a", "b", "&", ";", "m", "p", "a</w>", "b</w>", "&</w>", ";</w>", "m</w>", "p</w>", "ab</w>"}) vocabulary.set(t, id++);
  vocabulary.set("<|startoftext|>", id).set("<|endoftext|>", id + 1);
  id += 2;
  write_file(cached + "/vocab.json", vocabulary.dump());
  write_file(cached + "/merges.txt", "#version: 0.2\na b</w>\n");
  ClipConfig c = tiny_config();
  c.image->tower = {64, 1, 1, 256, Unary::quick_gelu, 1e-5};
  c.text->tower = {64, 1, 1, 256, Unary::quick_gelu, 1e-5};
  c.text->vocabulary = id, c.text->bos_token_id = id - 2, c.text->eos_token_id = 2;
  const auto clip = Clip::create(c, 4);
  NamedTensors ours;
  for (auto& [name, tensor] : clip->parameters()) ours.emplace_back(name, *tensor);
  NamedTensors theirs = as_stored(ours, NameMap{WeightLayout::open_clip});
  for (const auto& [name, n] : {std::pair<const char*, int64_t>{"input_resolution", 16}, {"context_length", 12}, {"vocab_size", id}}) theirs.emplace_back(name, Tensor::full({}, static_cast<double>(n), DType::i64));
  write_safetensors(dir / "openai.safetensors", theirs);
  for (const bool named : {false, true}) {
    const std::string out = dir / (named ? "named" : "found");
    std::vector<std::string> arguments{"convert", dir / "openai.safetensors", out};
    if (named) arguments.insert(arguments.end(), {"--tokenizer", cached});
    const Finished f = ceir_process(arguments, {.environment = {{"HF_HUB_CACHE", named ? dir / "empty" : dir / "cache"}}});
    CHECK(f.code == 0);
    CHECK(f.err.find("warning") == std::string::npos);
    // OpenAI's clean-up reads &amp; as &; Hugging Face's does not.
    const Finished ids = ceir_process({"tokenize", "--model", out, "--texts", "-"}, {.input = "ab &amp;\n"});
    CHECK(ids.out == "[13, 12, 8, 14]\n");
    CHECK(ceir_process({"tokenize", "--model", out, "--texts", "-", "--form", "hf"}, {.input = "ab &amp;\n"}).out != ids.out);
  }
}
