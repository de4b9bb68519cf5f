// ceir convert: a checkpoint of any layout to a folder that every command reads.
#include "models/convert.h"

#include <fcntl.h>
#include <stdio.h>

#include <filesystem>

#include "models/clip_files.h"
#include "tensor/io/utf8.h"
#include "tools/image_flags.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

// With --force only what is a model's folder already may go: plain files, a configuration among them, or nothing at all.
void check_replaceable(const std::string& folder, bool force) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  if (!force) bad_input("{}: exists already; give another name, or --force to replace it", printable(folder, 4096));
  bool plain = fs::is_directory(fs::symlink_status(folder, error)), configuration = false, empty = true;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    empty = false;
    plain = plain && !fs::is_directory(entry.symlink_status(error));
    configuration = configuration || name == "config.json" || name == "open_clip_config.json";
  }
  if (error || !plain || !(configuration || empty)) bad_input("{}: is no model folder, so --force does not replace it; give another name", printable(folder, 4096));
}

// `made` becomes `folder`: in one step when `folder` is there already, so that one of the two is always complete.
void put_in_place(const std::string& made, const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && ::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) return;   // the caller removes what `made` is now
  if (fs::exists(folder, error)) fs::remove_all(folder, error);   // file systems that cannot exchange
  fs::rename(made, folder, error);
  if (error) fail(ErrorKind::resource, "{}: cannot be put in place: {}", printable(folder, 4096), error.message());
}

struct Convert : Command {
  std::string source, folder, dtype, tokenizer, known_as;

  void define(Flags& f) override {
    f.positional("SRC", source, "a checkpoint (.pt, .pth, .bin, .safetensors), a model folder of any layout, or a hub name in the cache; pickles are read and never run");
    f.positional("DST", folder, "the folder to make: Hugging Face's layout, or open_clip's for models Hugging Face has no class for");
    f.choice("--weights-dtype", dtype, {"", "f32", "f16", "bf16"}, "what weights are written as (default: as stored, so that embeddings stay equal bit for bit)");
    f.option("--tokenizer", tokenizer, "where an OpenAI archive's vocabulary is: a model folder, a hub name, or bpe_simple_vocab_16e6.txt.gz (default: any CLIP in the hub cache)");
    f.option("--known-as", known_as, "what a checkpoint of open_clip without its configuration is: ViT-B-32/laion2b_s34b_b79k (see ceir inspect --known)");
  }

  int run(Context& c) override {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    if (folder.empty()) usage_error("the folder to make has an empty name");
    check_replaceable(folder, c.globals().force);
    const std::optional<DType> type = dtype == "f32" ? std::optional(DType::f32) : dtype == "f16" ? std::optional(DType::f16) : dtype == "bf16" ? std::optional(DType::bf16) : std::nullopt;
    const CheckpointSource checkpoint = open_checkpoint(source, known_as);
    const FoundTokenizer vocabulary = find_tokenizer_for(checkpoint, tokenizer);
    const ConvertPlan plan = plan_conversion(checkpoint, type);
    const char* layout = plan.open_clip_layout ? "open_clip" : "Hugging Face";
    if (checkpoint.config.text && vocabulary.files.empty())
      c.warn(fmt::format("no vocabulary was found for {}: pictures and token ids work, texts do not; give --tokenizer a model folder, or `ceir download openai/clip-vit-base-patch32` first",
                         printable(source, 200)));
    std::string types;
    for (const std::string& t : plan.types) types += (types.empty() ? "" : ", ") + t;
    const std::string what = fmt::format("{} tensors ({}, {:.1f} MB) in {}'s layout, from {}", plan.tensors, types, static_cast<double>(plan.bytes) / 1e6, layout, name_of(checkpoint.origin));
    if (c.globals().dry_run) return dry_run(c, fmt::format("write {}: {}", printable(folder, 4096), what));
    const std::string partial = c.unfinished(folder), made = partial + "/model";
    std::error_code error;
    fs::remove_all(made, error);
    write_converted(checkpoint, vocabulary, type, made, c.monitor());
    put_in_place(made, folder);
    c.drop_unfinished();
    Json json = Json::object();
    json.set("model", folder).set("layout", layout).set("origin", name_of(checkpoint.origin)).set("tensors", plan.tensors).set("bytes", plan.bytes);
    Json list = Json::array();
    for (const std::string& t : plan.types) list.push(t);
    json.set("types", list).set("tokenizer", vocabulary.where.empty() || vocabulary.files.empty() ? Json() : Json(vocabulary.where));
    if (checkpoint.known) json.set("known_as", std::string(checkpoint.known->architecture) + "/" + checkpoint.known->tag);
    c.result(fmt::format("{}: {}{}\n", printable(folder, 4096), what, vocabulary.files.empty() ? "" : ", vocabulary from " + printable(vocabulary.where, 200)), json);
    return 0;
  }
};

}  // namespace

extern const CommandEntry convert_command{"convert", "a checkpoint of any layout to a model folder: PyTorch's pickles, OpenAI's archives, open_clip",
                                          "ceir convert ViT-B-32.pt clip-b32 --weights-dtype f16", make_command<Convert>};

}  // namespace ceir
