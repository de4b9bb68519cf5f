#include "models/pipeline/side_by_side.h"

#include <functional>
#include <optional>

#include "kernels/base/error.h"
#include "models/pipeline/report.h"

namespace ceir {
namespace {

// [{epoch, acc, nmi, ari}] of the seeds -> {"acc": {mean, std, values}, ..., "epochs": [..]}
Json best_epochs(const Json& list) {
  Json all = Json::object(), epochs = Json::array();
  for (const char* figure : {"acc", "nmi", "ari"}) {
    std::vector<double> values;
    for (const Json& one : list.as_array("best_epoch_on_test")) values.push_back(one.get(figure, 0.0, "best_epoch_on_test"));
    all.set(figure, spread(values));
  }
  for (const Json& one : list.as_array("best_epoch_on_test")) epochs.push(one.get("epoch", int64_t{0}, "best_epoch_on_test"));
  return all.set("epochs", epochs);
}

using Path = std::vector<const char*>;

// What lies at the end of the path, null where it breaks off.
const Json* at(const Json& from, const Path& path) {
  const Json* j = &from;
  for (const char* name : path) {
    j = j->is_object() ? j->find(name) : nullptr;
    if (!j) return nullptr;
  }
  return j;
}

// One line of the table: what it says of a protocol, nothing where that has no such figure.
struct Line {
  std::string title;
  std::function<std::optional<std::string>(const Json&)> cell;
};

std::vector<Line> lines() {
  std::vector<Line> all;
  const auto figure = [&](std::string title, Path path) {
    all.push_back({std::move(title), [path](const Json& p) -> std::optional<std::string> {
                     const Json* f = at(p, path);
                     if (!f) return std::nullopt;
                     return fmt::format("{:.1f} ± {:.1f}", 100 * f->get("mean", 0.0, path.back()), 100 * f->get("std", 0.0, path.back()));
                   }});
  };
  figure("CEIR, ACC %", {"ceir", "acc"}), figure("CEIR, NMI %", {"ceir", "nmi"}), figure("CEIR, ARI %", {"ceir", "ari"});
  figure("best epoch by test labels (*), ACC %", {"best_epoch_on_test", "acc"});
  for (const auto& [key, title] : {std::pair("pixels", "raw pixels"), {"clip_normalized", "CLIP, normalised"}, {"concepts", "concept vectors"}, {"presence", "concept presence"}, {"pca", "PCA of concepts"}})
    figure(fmt::format("k-means on {}, ACC %", title), {"controls", key, "acc"});
  const auto share = [&](std::string title, Path path) {
    all.push_back({std::move(title), [path](const Json& p) -> std::optional<std::string> {
                     const Json* f = at(p, path);
                     if (!f) return std::nullopt;
                     return fmt::format("{:.2f}", f->as_double("metrics"));
                   }});
  };
  share("precision at 5, clusters", {"explanations", "precision_at_5", "cluster"}), share("precision at 5, pictures", {"explanations", "precision_at_5", "image"});
  share("first 8 concepts deleted: still there", {"explanations", "deletion_top8_kept"}), share("first 8 concepts alone: there", {"explanations", "insertion_top8_reached"});
  share("never-drawn words dropped", {"truth", "distractors_dropped"}), share("drawn attributes kept", {"truth", "attributes_kept"});
  all.push_back({"concepts kept", [](const Json& p) -> std::optional<std::string> {
                   const Json *kept = at(p, {"concepts", "kept"}), *initial = at(p, {"concepts", "initial"});
                   if (!kept || !initial) return std::nullopt;
                   return fmt::format("{} of {}", kept->as_int("kept"), initial->as_int("initial"));
                 }});
  return all;
}

constexpr const char* footnote = "(*) picked among the epochs by the labels it is scored with: no method's result, but what is reported when one picks like that";

// (title, a cell for each protocol), without lines that nobody has.
std::vector<std::pair<std::string, std::vector<std::string>>> cells(const Json& both) {
  std::vector<std::pair<std::string, std::vector<std::string>>> table;
  for (const Line& line : lines()) {
    std::vector<std::string> row;
    bool any = false;
    for (const auto& [name, p] : both.at("protocols", "comparison").as_object("protocols")) {
      const auto cell = line.cell(p);
      any = any || cell;
      row.push_back(cell.value_or("-"));
    }
    if (any) table.emplace_back(line.title, row);
  }
  return table;
}

}  // namespace

Json side_by_side(const std::vector<std::pair<std::string, Json>>& runs) {
  Json both = Json::object(), protocols = Json::object();
  for (const char* name : {"n", "clusters", "seeds"})
    if (const Json* j = runs.at(0).second.find(name)) both.set(name, *j);
  for (const auto& [name, metrics] : runs) {
    Json p = Json::object().set("run", name);
    for (const char* part : {"ceir", "controls"})
      if (const Json* j = metrics.find(part)) p.set(part, *j);
    const Json& concepts = metrics.at("concepts", "metrics.json");
    p.set("concepts", Json::object().set("initial", concepts.at("initial", "concepts")).set("kept", concepts.at("kept", "concepts")));
    for (const char* part : {"explanations", "truth"})
      if (const Json* j = metrics.find(part)) p.set(part, *j);
    if (const Json* best = metrics.find("best_epoch_on_test")) p.set("best_epoch_on_test", best_epochs(*best));
    protocols.set(name, p);
  }
  return both.set("protocols", protocols);
}

std::string side_by_side_text(const Json& both) {
  const auto table = cells(both);
  std::string text = fmt::format("{:<40}", "");
  for (const auto& [name, p] : both.at("protocols", "comparison").as_object("protocols")) text += fmt::format("{:>16}", name);
  text += "\n";
  bool noted = false;
  for (const auto& [title, row] : table) {
    text += fmt::format("{:<40}", title);
    noted = noted || title.find("(*)") != std::string::npos;
    for (const std::string& cell : row) text += fmt::format("{:>16}", cell);
    text += "\n";
  }
  return text + (noted ? std::string(footnote) + "\n" : "");
}

std::string side_by_side_html(const Json& both) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>ceir: two protocols</title><style>";
  html += std::string(report_style) + "</style></head><body><main><h1>Two protocols, the same pictures</h1>";
  html += fmt::format("<p class=\"lead\">{} pictures in {} clusters, {} seeds. <em>sound</em> is what a careful reader would do, <em>faithful</em> what the authors' code does.</p><table><tr><th></th>",
                      both.at("n", "comparison").as_int("n"), both.at("clusters", "comparison").as_int("clusters"), both.at("seeds", "comparison").as_array("seeds").size());
  for (const auto& [name, p] : both.at("protocols", "comparison").as_object("protocols")) html += fmt::format("<th><a href=\"{0}/report.html\">{0}</a></th>", escape_html(name));
  html += "</tr>";
  for (const auto& [title, row] : cells(both)) {
    html += fmt::format("<tr{}><td>{}</td>", title.starts_with("CEIR") ? " class=\"ours\"" : "", escape_html(title));
    for (const std::string& cell : row) html += fmt::format("<td>{}</td>", escape_html(cell));
    html += "</tr>";
  }
  return html + fmt::format("</table><p class=\"lead\">{}.</p></main></body></html>\n", footnote);
}

}  // namespace ceir
