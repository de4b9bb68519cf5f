#include "data/tokenizer.h"

#include <sys/stat.h>

#include <algorithm>

#include "data/byte_pair.h"
#include "data/sentence_piece.h"
#include "data/wordpiece.h"
#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

using Vocabulary = std::unordered_map<std::string, int64_t>;

Vocabulary read_vocabulary(const Json& json, const std::string& where) {
  Vocabulary v;
  std::unordered_map<int64_t, const std::string*> owner;
  for (const auto& [name, id] : json.as_object(where)) {
    if (!id.is_int() || id.as_int(where) < 0 || id.as_int(where) > INT32_MAX) bad_input("{}: the token '{}' has an id that is not a whole number from 0 to 2^31", where, printable(name));
    if (const auto [it, fresh] = owner.emplace(id.as_int(where), &name); !fresh)
      bad_input("{}: the tokens '{}' and '{}' have the same id {}", where, printable(*it->second), printable(name), it->first);
    v.emplace(name, id.as_int(where));
  }
  if (v.empty()) bad_input("{}: the vocabulary is empty", where);
  return v;
}

// "eos_token": "</s>" or {"content": "</s>", ...} in tokenizer_config.json or special_tokens_map.json; "" when in neither.
struct SpecialNames {
  std::vector<std::pair<std::string, Json>> files;

  std::string get(const char* key) const {
    for (const auto& [where, json] : files)
      if (const Json* v = json.find(key); v && !v->is_null()) {
        const Json& text = v->is_object() ? v->at("content", where) : *v;
        return text.as_string(fmt::format("{}: {}", where, key));
      }
    return "";
  }
  const Json* find(const char* key) const {
    for (const auto& [where, json] : files)
      if (const Json* v = json.find(key)) return v;
    return nullptr;
  }
};

struct Opener {
  const TokenizerFiles& files;
  const std::string& where;
  TextForm form;
  bool form_given;
  SpecialNames special;

  const std::string* content(const std::string& name) const {
    const auto it = files.find(name);
    return it == files.end() ? nullptr : &it->second;
  }
  std::string path(const std::string& name) const { return where + "/" + name; }

  std::unique_ptr<Tokenizer> open() {
    for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"})
      if (const std::string* text = content(name)) special.files.emplace_back(path(name), Json::parse(*text, path(name)));
    if (!form_given && special.get("ceir_text_form") == "openai") form = TextForm::openai;
    if (const std::string* model = content("spiece.model")) return open_sentencepiece(*model, path("spiece.model"));
    if (const std::string* json = content("tokenizer.json")) return open_json(Json::parse(*json, path("tokenizer.json")), path("tokenizer.json"));
    const std::string *vocabulary = content("vocab.json"), *merges = content("merges.txt");
    if (vocabulary && merges) return open_pair(*vocabulary, *merges);
    if (vocabulary) bad_input("{}: vocab.json needs merges.txt beside it, which is missing", where);
    if (merges) bad_input("{}: merges.txt needs vocab.json beside it, which is missing", where);
    bad_input("{}: no tokenizer there; looked for tokenizer.json, vocab.json with merges.txt, and spiece.model", where);
  }

  // Id of a special token: by its name in the settings, else by `usual`; throws when the vocabulary does not have it.
  int64_t special_id(const Vocabulary& vocabulary, const AddedTokens& added, const char* key, const char* usual, const std::string& file) const {
    std::string name = special.get(key);
    if (name.empty()) name = usual;
    if (const AddedToken* t = added.find(name)) return t->id;
    if (const auto it = vocabulary.find(name); it != vocabulary.end()) return it->second;
    bad_input("{}: the {} '{}' is not in the vocabulary", file, key, printable(name));
  }

  std::unique_ptr<Tokenizer> open_pair(const std::string& vocabulary_text, const std::string& merges_text) {
    const std::string file = path("vocab.json"), merges_file = path("merges.txt");
    Vocabulary vocabulary = read_vocabulary(Json::parse(vocabulary_text, file), file);
    if (const size_t bad = find_invalid_utf8(merges_text); bad != std::string::npos) bad_input("{}: not UTF-8 at byte {}", merges_file, bad);
    std::vector<std::pair<std::string, std::string>> merges;
    std::string_view rest = merges_text;
    for (size_t number = 1; !rest.empty(); number++) {
      const size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty() || line.starts_with("#version")) continue;
      add_merge(merges, line, fmt::format("{}: line {}", merges_file, number));
    }
    AddedTokens added;
    for (const char* key : {"bos_token", "eos_token", "unk_token", "pad_token"})
      if (const std::string name = special.get(key); !name.empty())
        if (const auto it = vocabulary.find(name); it != vocabulary.end()) added.add({name, it->second});
    for (const char* name : {"<|startoftext|>", "<|endoftext|>"})
      if (const auto it = vocabulary.find(name); it != vocabulary.end() && !added.find(name)) added.add({name, it->second});
    add_decoder_tokens(added);
    const int64_t start = special_id(vocabulary, added, "bos_token", "<|startoftext|>", file), end = special_id(vocabulary, added, "eos_token", "<|endoftext|>", file);
    return finish_pair(std::move(vocabulary), merges, std::move(added), start, end, -1, file);
  }

  static void add_merge(std::vector<std::pair<std::string, std::string>>& merges, std::string_view line, const std::string& what) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos)
      bad_input("{}: '{}' is not two tokens with a space between", what, printable(line));
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }

  // "added_tokens_decoder" of tokenizer_config.json: {"49407": {"content": ..., flags}}.
  void add_decoder_tokens(AddedTokens& added) const {
    for (const auto& [file, json] : special.files) {
      const Json* map = json.find("added_tokens_decoder");
      if (!map || map->is_null()) continue;
      Json list = Json::array();
      for (const auto& [id, token] : map->as_object(file + ": added_tokens_decoder")) {
        if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos) bad_input("{}: added_tokens_decoder: '{}' is no token id", file, printable(id));
        Json t = token;
        if (!t.is_object()) bad_input("{}: added_tokens_decoder: {} is not an object", file, id);
        t.set("id", static_cast<int64_t>(std::stol(id)));
        list.push(std::move(t));
      }
      added.read(list, file);
    }
  }

  std::unique_ptr<Tokenizer> finish_pair(Vocabulary vocabulary, const std::vector<std::pair<std::string, std::string>>& merges, AddedTokens added,
                                         int64_t start, int64_t end, int64_t json_pad, const std::string& file) const {
    const auto optional = [&](const char* key) {
      const std::string name = special.get(key);
      if (name.empty()) return int64_t{-1};
      if (const AddedToken* t = added.find(name)) return t->id;
      const auto it = vocabulary.find(name);
      return it == vocabulary.end() ? int64_t{-1} : it->second;
    };
    int64_t pad = form == TextForm::openai ? 0 : json_pad, unknown = optional("unk_token");
    if (pad < 0) pad = optional("pad_token");
    if (pad < 0) pad = end;
    if (unknown < 0) unknown = end;
    return std::make_unique<BytePairTokenizer>(std::move(vocabulary), merges, std::move(added), start, end, pad, unknown, form, file);
  }

  std::unique_ptr<Tokenizer> open_json(const Json& json, const std::string& file) {
    const Json& model = json.at("model", file);
    const std::string what = file + ": model";
    // Old files leave the type out; a list of merges then means byte-pair.
    const std::string type = model.get("type", model.has("merges") ? "BPE" : "", what);
    AddedTokens added;
    if (const Json* list = json.find("added_tokens"); list && !list->is_null()) added.read(*list, file);
    if (type != "BPE" && type != "WordPiece") bad_input("{}: is of type '{}'; BPE (CLIP) and WordPiece (BERT) can be read", what, printable(type));
    Vocabulary vocabulary = read_vocabulary(model.at("vocab", what), what + ": vocab");
    const auto [start, end] = start_and_end(json, vocabulary, added, type == "BPE", file);
    int64_t pad = -1;
    if (const Json* padding = json.find("padding"); padding && padding->is_object()) {
      pad = padding->get("pad_id", int64_t{-1}, file + ": padding");
      if (pad > INT32_MAX) bad_input("{}: padding: pad_id {} is out of range", file, pad);
    }
    if (type == "WordPiece") return open_wordpiece(json, model, std::move(vocabulary), std::move(added), start, end, pad, file);
    check_clip_steps(json, model, file);
    std::vector<std::pair<std::string, std::string>> merges;
    const Json::Array& list = model.at("merges", what).as_array(what + ": merges");
    for (size_t i = 0; i < list.size(); i++) {
      const std::string at = fmt::format("{}: merges: entry {}", what, i + 1);
      if (list[i].is_string()) {
        add_merge(merges, list[i].as_string(at), at);
      } else {
        const Json::Array& two = list[i].as_array(at);
        if (two.size() != 2) bad_input("{}: must be two tokens", at);
        merges.emplace_back(two[0].as_string(at), two[1].as_string(at));
      }
    }
    return finish_pair(std::move(vocabulary), merges, std::move(added), start, end, pad, file);
  }

  // From the post-processor: RobertaProcessing (cls, sep) or TemplateProcessing, else the settings' names.
  std::pair<int64_t, int64_t> start_and_end(const Json& json, const Vocabulary& vocabulary, const AddedTokens& added, bool clip, const std::string& file) const {
    const Json* post = json.find("post_processor");
    const std::string what = file + ": post_processor";
    const std::string type = post && post->is_object() ? post->get("type", "", what) : "";
    const auto checked = [&](int64_t id) {
      if (id < 0 || id > INT32_MAX) bad_input("{}: the id {} is out of range", what, id);
      return id;
    };
    if (type == "RobertaProcessing" || type == "BertProcessing") {
      const auto id = [&](const char* key) {
        const Json::Array& pair = post->at(key, what).as_array(what + ": " + key);
        if (pair.size() != 2) bad_input("{}: {} must be a token and its id", what, key);
        return checked(pair[1].as_int(what + ": " + key));
      };
      return {id("cls"), id("sep")};
    }
    if (type == "TemplateProcessing") {
      const Json::Array& steps = post->at("single", what).as_array(what + ": single");
      const auto id = [&](const Json& step) -> int64_t {
        const Json* token = step.find("SpecialToken");
        if (!token) return -1;
        const std::string& name = token->at("id", what).as_string(what + ": id");
        const Json::Array& ids = post->at("special_tokens", what).at(name, what + ": special_tokens").at("ids", what).as_array(what + ": ids");
        if (ids.size() != 1) bad_input("{}: the special token '{}' must have one id", what, printable(name));
        return checked(ids[0].as_int(what + ": ids"));
      };
      if (steps.size() > 3 || steps.size() < 2 || id(steps.back()) < 0) bad_input("{}: must be a start token, the text, an end token", what);
      return {steps.size() == 3 ? id(steps.front()) : -1, id(steps.back())};
    }
    return {special_id(vocabulary, added, clip ? "bos_token" : "cls_token", clip ? "<|startoftext|>" : "[CLS]", file),
            special_id(vocabulary, added, clip ? "eos_token" : "sep_token", clip ? "<|endoftext|>" : "[SEP]", file)};
  }

  // Byte-pair models differ in how they cut text; only CLIP's way is built in, and another is refused rather than
  // silently tokenized differently.
  static void check_clip_steps(const Json& json, const Json& model, const std::string& file) {
    const std::string suffix = model.get("end_of_word_suffix", "", file + ": model");
    if (suffix != "</w>") bad_input("{}: a byte-pair model with the end-of-word suffix '{}'; CLIP's is '</w>'", file, printable(suffix));
    const std::string steps = json.has("pre_tokenizer") ? json.find("pre_tokenizer")->dump() : "";
    const std::string pattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+";
    if (steps.find(pattern) == std::string::npos) bad_input("{}: its pre_tokenizer does not cut text by CLIP's pattern, the only one that is known here", file);
    const std::string normal = json.has("normalizer") ? json.find("normalizer")->dump() : "";
    if (normal.find("NFC") == std::string::npos || normal.find("Lowercase") == std::string::npos)
      bad_input("{}: its normalizer is not CLIP's (NFC, white space, lower case), the only one that is known here for byte-pair models", file);
  }

  std::unique_ptr<Tokenizer> open_wordpiece(const Json& json, const Json& model, Vocabulary vocabulary, AddedTokens added, int64_t start, int64_t end,
                                            int64_t pad, const std::string& file) const {
    WordPieceSettings s;
    const std::string what = file + ": model";
    s.start = start, s.end = end;
    s.prefix = model.get("continuing_subword_prefix", "##", what);
    s.longest_word = model.get("max_input_chars_per_word", int64_t{100}, what);
    const std::string unknown = model.get("unk_token", "[UNK]", what);
    const auto it = vocabulary.find(unknown);
    if (it == vocabulary.end()) bad_input("{}: the unk_token '{}' is not in the vocabulary", what, printable(unknown));
    s.unknown = it->second;
    if (pad < 0) {
      const AddedToken* t = added.find("[PAD]");
      const auto v = vocabulary.find("[PAD]");
      pad = t ? t->id : v != vocabulary.end() ? v->second : 0;
    }
    s.pad = pad;
    const Json* normalizer = json.find("normalizer");
    const std::string at = file + ": normalizer";
    if (!normalizer || normalizer->get("type", "", at) != "BertNormalizer") bad_input("{}: must be a BertNormalizer for a WordPiece model", at);
    const auto flag = [&](const char* key, bool otherwise) {
      const Json* v = normalizer->find(key);
      return v && !v->is_null() ? v->as_bool(at + ": " + key) : otherwise;
    };
    s.clean_text = flag("clean_text", true);
    s.split_chinese = flag("handle_chinese_chars", true);
    s.lower_case = flag("lowercase", true);
    s.strip_accents = flag("strip_accents", s.lower_case);  // null means: as lower case does
    const Json* pre = json.find("pre_tokenizer");
    if (!pre || pre->get("type", "", file + ": pre_tokenizer") != "BertPreTokenizer") bad_input("{}: pre_tokenizer must be a BertPreTokenizer for a WordPiece model", file);
    s.vocabulary = std::move(vocabulary), s.added = std::move(added);
    return std::make_unique<WordPieceTokenizer>(std::move(s));
  }

  std::unique_ptr<Tokenizer> open_sentencepiece(const std::string& model, const std::string& file) const {
    SentencePieceNames names;
    names.start = special.get("bos_token"), names.end = special.get("eos_token"), names.pad = special.get("pad_token");
    // Clean-up is SigLIP's habit; other models of this kind (T5) read the text as it is.
    const std::string kind = special.get("tokenizer_class");
    names.canonical = kind.empty() || kind.starts_with("Siglip");
    if (names.canonical) names.start.clear();  // SiglipTokenizer adds an end token only
    return open_sentencepiece_model(model, names, file);
  }
};

}  // namespace

std::vector<std::string> Tokenizer::pieces(std::string_view text) const {
  std::vector<std::string> out;
  for (const int64_t id : encode(text)) out.push_back(piece(id));
  return out;
}

std::vector<int64_t> Tokenizer::encode_padded(std::string_view text, int64_t context) const {
  if (context < 1) fail(ErrorKind::internal, "encode_padded: a context of {} ids", context);
  std::vector<int64_t> ids = encode(text);
  if (static_cast<int64_t>(ids.size()) > context) {
    ids.resize(static_cast<size_t>(context));
    ids.back() = end_id();
  }
  ids.resize(static_cast<size_t>(context), pad_id());
  return ids;
}

const std::vector<std::string>& tokenizer_file_names() {
  static const std::vector<std::string> names = {"tokenizer.json", "vocab.json", "merges.txt", "spiece.model", "tokenizer_config.json", "special_tokens_map.json"};
  return names;
}

std::unique_ptr<Tokenizer> open_tokenizer(const TokenizerFiles& files, const std::string& where, std::optional<TextForm> form) {
  return Opener{files, where, form.value_or(TextForm::hf), form.has_value(), {}}.open();
}

std::unique_ptr<Tokenizer> open_tokenizer(const std::string& folder, std::optional<TextForm> form) {
  TokenizerFiles files;
  struct stat s;
  if (::stat(folder.c_str(), &s) != 0 || !S_ISDIR(s.st_mode)) bad_input("{}: is not a folder; a tokenizer lies in a model's folder", printable(folder, 4096));
  for (const std::string& name : tokenizer_file_names())
    if (::stat((folder + "/" + name).c_str(), &s) == 0) files[name] = read_text_file(folder + "/" + name);
  const auto has = [&](const char* name) { return ::stat((folder + "/" + name).c_str(), &s) == 0; };
  if (!form && has("open_clip_config.json") && !has("config.json")) form = TextForm::openai;
  return open_tokenizer(files, printable(folder, 4096), form);
}

}  // namespace ceir
