#include "data/concept_set.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "data/scenes/scenes.h"
#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"

namespace ceir {
namespace {

void collect(const Json& json, const std::string& where, std::vector<std::string>& all) {
  if (json.is_string()) {
    all.push_back(json.as_string(where));
  } else if (json.is_array()) {
    for (const Json& item : json.as_array(where)) collect(item, where, all);
  } else if (json.is_object() && json.has("concept")) {  // with provenance; one that was dropped says so
    const Json* kept = json.find("kept");
    if (!kept || kept->as_bool(where + ": kept")) all.push_back(json.at("concept", where).as_string(where));
  } else if (json.is_object() && json.has("concepts")) {
    collect(json.at("concepts", where), where, all);
  } else if (json.is_object()) {  // {class: [concept]}
    for (const auto& [name, list] : json.as_object(where)) {
      if (!list.is_array()) bad_input("{}: '{}' should hold a list of concepts", where, name);
      collect(list, where, all);
    }
  } else {
    bad_input("{}: concepts should be strings, lists of strings, or {{class: [concept]}}", where);
  }
}

}  // namespace

ConceptSet load_concepts(const std::string& what) {
  ConceptSet set;
  set.name = what;
  std::vector<std::string> all;
  if (what == "scenes") {
    all = scenes::concept_list();
  } else if (what == "everyday") {
    all = everyday_concepts();
  } else {
    if (!std::filesystem::exists(what))
      bad_input("{}: no such file; concepts are a text file (one a line), a JSON file, or the built-in sets scenes and everyday", what);
    if (what.ends_with(".json")) collect(Json::read(what), what, all);
    else all = read_lines(what);
    set.name = std::filesystem::path(what).filename().string();
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < all.size(); i++) {
    if (all[i].find_first_not_of(" \t\r\n") == std::string::npos) continue;
    if (all[i].size() > 1000) bad_input("{}: concept {} has {} bytes; is this a list of concepts?", what, i + 1, all[i].size());
    if (all[i].find('\0') != std::string::npos) bad_input("{}: concept {} holds a NUL byte; is this a text file?", what, i + 1);
    if (seen.insert(all[i]).second) set.concepts.push_back(all[i]);
    else set.repeated++;
  }
  if (set.concepts.empty()) bad_input("{}: there is no concept in it", what);
  return set;
}

}  // namespace ceir
