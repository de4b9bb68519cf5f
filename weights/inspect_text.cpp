#include "weights/inspect_text.h"

#include <algorithm>

#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string keys_of(const Json& object) {
  std::string keys;
  for (const auto& [key, value] : object.as_object("")) {
    if (keys.size() > 200) return keys + ", ...";
    keys += (keys.empty() ? "" : ", ") + printable(key, 40);
  }
  return keys;
}

void add_scalars(Description& d, const Json& object) {
  constexpr size_t most = 24;
  for (const auto& [key, value] : object.as_object("")) {
    if (d.facts.size() >= most) return;
    if (value.is_string() && value.as_string("").size() > 200) continue;
    if (!value.is_array() && !value.is_object() && !value.is_null()) d.facts.emplace_back(printable(key, 60), value);
  }
}

void add_size(Description& d, const Json& json, const char* key, const char* shown) {
  const Json* v = json.find(key);
  if (v && v->is_array()) d.facts.emplace_back(shown, static_cast<int64_t>(v->as_array("").size()));
  if (v && v->is_object()) d.facts.emplace_back(shown, static_cast<int64_t>(v->as_object("").size()));
}

// What a JSON object is, by the keys that only this kind has.
void describe_object(Description& d, const Json& json, const std::string& name) {
  const auto has = [&](const char* key) { return json.has(key); };
  if (has("weight_map")) {
    d.kind = "index of sharded safetensors";
    add_size(d, json, "weight_map", "tensors");
  } else if (has("model_cfg")) {
    d.kind = "open_clip configuration";
    if (const Json& model = *json.find("model_cfg"); model.is_object()) add_scalars(d, model);
  } else if (has("image_mean") || has("image_processor_type") || has("feature_extractor_type")) {
    d.kind = "preprocessor configuration";
    add_scalars(d, json);
  } else if (has("model") && has("added_tokens")) {
    d.kind = "tokenizer";
    const Json& model = *json.find("model");
    if (const Json* type = model.find("type"); type && type->is_string()) d.facts.emplace_back("type", *type);
    add_size(d, model, "vocab", "vocabulary");
    add_size(d, model, "merges", "merges");
    add_size(d, json, "added_tokens", "added tokens");
  } else if (has("tokenizer_class") || name == "tokenizer_config.json") {
    d.kind = "tokenizer configuration";
    add_scalars(d, json);
  } else if (name == "vocab.json") {
    d.kind = "vocabulary";
    d.facts.emplace_back("tokens", static_cast<int64_t>(json.as_object("").size()));
  } else if (has("model_type") || has("vision_config") || has("text_config") || has("hidden_size")) {
    d.kind = "model configuration";
    add_scalars(d, json);
  } else if (has("ceir") && has("n")) {
    d.kind = "metrics";
    add_scalars(d, json);
    for (const char* score : {"acc", "nmi", "ari"})
      if (const Json* s = json.find("ceir")->find(score))
        if (const Json* mean = s->find("mean")) d.facts.emplace_back(std::string("ceir ") + score, *mean);
    add_size(d, json, "controls", "controls");
  } else if (has("clusters") && has("method")) {
    d.kind = "explanations";
    add_scalars(d, json);
    add_size(d, json, "clusters", "clusters");
    add_size(d, json, "images", "images");
  } else if (name == "run.json") {
    d.kind = "receipt of a run";
    add_scalars(d, json);
  } else if (const auto& members = json.as_object("");
             !members.empty() && std::ranges::all_of(members, [](const auto& m) {
               return m.second.is_array() && std::ranges::all_of(m.second.as_array(""), [](const Json& v) { return v.is_string(); });
             })) {
    d.kind = "concepts by class";
    int64_t concepts = 0;
    for (const auto& [key, list] : members) concepts += static_cast<int64_t>(list.as_array("").size());
    d.facts.emplace_back("classes", static_cast<int64_t>(members.size()));
    d.facts.emplace_back("concepts", concepts);
  } else {
    d.kind = "JSON object";
    d.facts.emplace_back("keys", keys_of(json));
    add_scalars(d, json);
  }
}

void describe_json(Description& d, std::string_view text, const std::string& name) {
  const Json json = Json::parse(text, d.path);
  if (json.is_object()) return describe_object(d, json, name);
  d.kind = json.is_array() ? "JSON list" : "JSON value";
  if (json.is_array()) d.facts.emplace_back("entries", static_cast<int64_t>(json.as_array("").size()));
}

void describe_jsonl(Description& d, std::string_view text) {
  d.kind = "JSON lines";
  int64_t number = 0, entries = 0;
  std::string keys;
  for (const std::string_view line : lines_of(text)) {
    number++;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const Json json = Json::parse(line, fmt::format("{}: line {}", d.path, number));
    if (entries++ == 0 && json.is_object()) keys = keys_of(json);
  }
  d.facts.emplace_back("entries", entries);
  if (!keys.empty()) d.facts.emplace_back("keys", keys);
}

}  // namespace

bool describe_text(Description& d, std::string_view text, const std::string& name) {
  if (name.ends_with(".json")) return describe_json(d, text, name), true;
  if (name.ends_with(".jsonl")) return describe_jsonl(d, text), true;
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) return false;
  if (name.ends_with(".html")) {
    d.kind = "HTML page";
    return true;
  }
  const auto lines = lines_of(text);
  d.kind = text.empty() ? "empty file" : name.ends_with(".csv") ? "CSV table" : name == "merges.txt" ? "merges of a byte-pair tokenizer" : "text";
  const bool table = name.ends_with(".csv") && !lines.empty();
  if (table) d.facts.emplace_back("columns", printable(lines[0], 200));
  d.facts.emplace_back(table ? "rows" : "lines", static_cast<int64_t>(lines.size()) - (table ? 1 : 0));
  return true;
}

}  // namespace ceir
