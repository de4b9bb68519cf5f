// ceir tokenize: what a model's text tower sees.
#include "data/tokenizer.h"

#include "models/model_parts.h"
#include "tools/image_flags.h"
#include "tools/texts.h"

namespace ceir {
namespace {

struct Tokenize : Command {
  std::string model = "nano", texts = "-", form;
  bool pad = false, pieces = false;

  void define(Flags& f) override {
    f.option("--texts", texts, "a file of texts, one a line, or .jsonl; - for stdin (the default)");
    f.option("--model", model, "nano (built in), a model folder, or a hub name in the cache");
    f.choice("--form", form, {"", "hf", "openai"}, "whose habits, in place of the model's: Hugging Face's, or OpenAI's without ftfy");
    f.flag("--pad", pad, "pad and cut as the model sees it");
    f.flag("--pieces", pieces, "the pieces beside the ids");
  }

  int run(Context& c) override {
    std::optional<TextForm> wanted;
    if (!form.empty()) wanted = form == "openai" ? TextForm::openai : TextForm::hf;
    const auto opened = tokenizer_of_model(model, wanted);
    const Tokenizer& tokenizer = *opened;
    const int64_t context = pad ? context_of_model(model) : 0;
    const auto list = read_texts(texts);
    if (c.globals().dry_run) return dry_run(c, fmt::format("tokenize {} texts", list.size()));
    Json all = Json::array();
    std::string text;
    for (size_t i = 0; i < list.size(); i++) {
      try {
        const auto ids = pad ? tokenizer.encode_padded(list[i], context) : tokenizer.encode(list[i]);
        Json row = Json::array();
        for (const int64_t id : ids) row.push(id);
        if (pieces) {
          Json names = Json::array();
          for (const int64_t id : ids) names.push(tokenizer.piece(id));
          row = Json::object().set("ids", row).set("pieces", names);
        }
        text += row.dump() + "\n";
        all.push(std::move(row));
      } catch (const Error& e) {
        bad_input("{}, text {}: {}", texts, i + 1, e.what());
      }
    }
    c.result(text, Json::object().set("texts", all));
    return 0;
  }
};

}  // namespace

extern const CommandEntry tokenize_command{"tokenize", "token ids of texts, one JSON array a line",
                                           "echo 'a red barn' | ceir tokenize --pieces", make_command<Tokenize>};

}  // namespace ceir
